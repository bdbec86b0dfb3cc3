# The target metatensor::mpi: metatensor/mpi.h, compiled with the MPI of the project that uses it, which is found here. In
# projects with C, that is the one for C, which programs in C++ use as well.

get_property(_metatensor_languages GLOBAL PROPERTY ENABLED_LANGUAGES)
if ("C" IN_LIST _metatensor_languages)
    set(_metatensor_mpi MPI_C)
    set(_metatensor_mpi_component C)
else()
    set(_metatensor_mpi MPI_CXX)
    set(_metatensor_mpi_component CXX)
endif()

if (NOT TARGET MPI::${_metatensor_mpi})
    find_package(MPI QUIET COMPONENTS ${_metatensor_mpi_component})
    if (TARGET MPI::${_metatensor_mpi})
        # for all directories that see metatensor::mpi
        set_target_properties(MPI::${_metatensor_mpi} PROPERTIES IMPORTED_GLOBAL TRUE)
    endif()
endif()

if (TARGET MPI::${_metatensor_mpi} AND NOT TARGET metatensor::mpi)
    add_library(metatensor::mpi INTERFACE IMPORTED GLOBAL)
    # Bindings for C++, which MPI had until its version 3, need a library of their own.
    set_target_properties(metatensor::mpi PROPERTIES
        INTERFACE_LINK_LIBRARIES "metatensor;MPI::${_metatensor_mpi}"
        INTERFACE_COMPILE_DEFINITIONS "$<$<COMPILE_LANGUAGE:CXX>:OMPI_SKIP_MPICXX>;$<$<COMPILE_LANGUAGE:CXX>:MPICH_SKIP_MPICXX>"
    )
endif()
