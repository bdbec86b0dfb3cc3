"""The functions of ``metatensor.operations``, with the same parameters, computed by the library where that gives the same.

Objects are those of ``metatensor``, with arrays of numpy or tensors of torch, or those of ``metatensor.torch``. The library computes
what has arrays of numpy, and tensors of torch in main memory that nothing follows; what a derivative depends on, in any mode, what is
traced or compiled, and all other arrays are given to the official function.
"""

try:
    import metatensor_operations
except ImportError as error:
    raise ImportError("metatensor_native.operations needs the official ones: pip install metatensor-operations") from error

from metatensor_operations import NotEqualError, checks_enabled, unsafe_disable_checks, unsafe_enable_checks

from .arithmetic import abs, add, divide, multiply, pow, subtract
from .comparison import (
    allclose,
    allclose_block,
    allclose_block_raise,
    allclose_raise,
    equal,
    equal_block,
    equal_block_raise,
    equal_metadata,
    equal_metadata_block,
    equal_metadata_block_raise,
    equal_metadata_raise,
    equal_raise,
)
from .creation import (
    block_from_array,
    empty_like,
    empty_like_block,
    ones_like,
    ones_like_block,
    random_uniform_like,
    random_uniform_like_block,
    zeros_like,
    zeros_like_block,
)
from .labels import one_hot, unique_metadata, unique_metadata_block
from .linalg import dot, lstsq, solve
from .parts import join, join_blocks, slice, slice_block, sort, sort_block, split, split_block
from .reduce import (
    mean_over_properties,
    mean_over_properties_block,
    mean_over_samples,
    mean_over_samples_block,
    std_over_properties,
    std_over_properties_block,
    std_over_samples,
    std_over_samples_block,
    sum_over_properties,
    sum_over_properties_block,
    sum_over_samples,
    sum_over_samples_block,
    var_over_properties,
    var_over_properties_block,
    var_over_samples,
    var_over_samples_block,
)
from .sharing import (
    append_dimension,
    detach,
    detach_block,
    drop_blocks,
    drop_empty_blocks,
    filter_blocks,
    insert_dimension,
    is_contiguous,
    is_contiguous_block,
    make_contiguous,
    make_contiguous_block,
    permute_dimensions,
    remove_dimension,
    remove_gradients,
    remove_gradients_block,
    rename_dimension,
    requires_grad,
    requires_grad_block,
)

__version__ = metatensor_operations.__version__

# all that the official module has, but for the modules in it
__all__ = [name for name in dir(metatensor_operations) if not name.startswith("_") and name in globals()]
