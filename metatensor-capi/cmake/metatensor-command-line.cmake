# The program `mts`, with what shells and `man` want to know of it. Needs what CMakeLists.txt sets for cargo.

set(MTS_NAME "mts${CMAKE_EXECUTABLE_SUFFIX}")
set(MTS_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/command-line")
set(MTS "${MTS_DIRECTORY}/${MTS_NAME}")
file(MAKE_DIRECTORY "${MTS_DIRECTORY}")

add_custom_target(metatensor-command-line ALL
    COMMAND ${CMAKE_COMMAND} -E env ${CARGO_ENVIRONMENT}
        "${CARGO_EXECUTABLE}" build --package metatensor-cli --manifest-path "${WORKSPACE}/Cargo.toml"
        --target-dir "${CARGO_DIRECTORY}" ${RUSTC_FLAGS} "$<$<NOT:${IS_DEBUG}>:--release>"
    COMMAND ${CMAKE_COMMAND} -E copy_if_different "${CARGO_OUTPUT}/${MTS_NAME}" "${MTS}"
    BYPRODUCTS "${MTS}"
    COMMENT "Building mts with cargo"
    COMMAND_EXPAND_LISTS
    VERBATIM
)
# cargo waits for itself if both are built at once
add_dependencies(metatensor-command-line metatensor-cargo-build)
install(PROGRAMS "${MTS}" DESTINATION "${CMAKE_INSTALL_BINDIR}")

# A program for another kind of machine does not run on this one.
if (NOT RUST_BUILD_TARGET)
    add_custom_command(TARGET metatensor-command-line POST_BUILD
        COMMAND "${MTS}" man > mts.1
        COMMAND "${MTS}" completions bash > mts.bash
        COMMAND "${MTS}" completions zsh > _mts
        COMMAND "${MTS}" completions fish > mts.fish
        WORKING_DIRECTORY "${MTS_DIRECTORY}"
        VERBATIM
    )
    install(FILES "${MTS_DIRECTORY}/mts.1" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")
    install(FILES "${MTS_DIRECTORY}/mts.bash" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" RENAME mts)
    install(FILES "${MTS_DIRECTORY}/_mts" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/site-functions")
    install(FILES "${MTS_DIRECTORY}/mts.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d")
endif()
