"""Products of maps by their labels, from densities of atoms to invariants, with gradients at all depths.

Maps are those of ``metatensor`` or of ``metatensor.torch``, and results are of the same kind, with the same kind of arrays. The library
computes them, and no derivative in torch: tensors that one depends on are refused, and have to be detached. Gradients in maps are
computed as well.
"""

import ctypes
import functools

from . import _declarations
from ._calling import calling, choice, made, text, texts
from ._handles import Handle
from ._library import library
from ._results import block_address, described_block, described_map, given, map_address, selected

__all__ = [
    "CgProduct",
    "cartesian_to_spherical",
    "cg_power",
    "cg_power_metadata",
    "cg_product",
    "cg_product_metadata",
    "contract",
    "contract_metadata",
    "estimate_bytes",
    "invariants",
    "invariants_metadata",
    "spherical_to_cartesian",
]

_SAMPLES = {
    "intersection": _declarations.MTS_SAMPLE_PAIRS_INTERSECTION,
    "union": _declarations.MTS_SAMPLE_PAIRS_UNION,
}
_NORMALISATIONS = {
    "clebsch_gordan": _declarations.MTS_NORMALISATION_CLEBSCH_GORDAN,
    "none": _declarations.MTS_NORMALISATION_NONE,
}
_PAIRS = {"unique": _declarations.MTS_NEIGHBOR_PAIRS_UNIQUE, "all": _declarations.MTS_NEIGHBOR_PAIRS_ALL}


def _bytes(limit):
    """A number of bytes, where 0 stands for the limit of the process, which None stands for here."""
    if limit is None:
        return 0
    if not isinstance(limit, int) or not 0 < limit < 2**64:
        raise ValueError(f"max_bytes has to be a positive integer, not {limit!r}")
    return limit


# ---------------------------------------------------------------- products by labels


def contract(
    a,
    b,
    *,
    matched_keys: list[str] | None = None,
    matched_components: list[str] | None = None,
    contracted_components: list[str] | None = None,
    matched_properties: list[str] | None = None,
    contracted_properties: list[str] | None = None,
    samples: str = "intersection",
    first_suffix: str = "_1",
    second_suffix: str = "_2",
    max_bytes: int | None = None,
):
    """The product of two maps, or two blocks, by labels, with the product rule for all gradients.

    Blocks, samples, components and properties with the same labels are multiplied with each other, or everything with everything, and
    some of it is added up:

    - *matched* dimensions: what has the same value in them is multiplied. The result has them once.
    - *contracted* dimensions: the same, and products are added up. The result does not have them.
    - all others are *outer*: everything of ``a`` is multiplied with everything of ``b``, and the result has the dimensions of both. A name
      that both have gets a suffix.

    What is matched comes first in the labels of the result, then what is outer in ``a``, then what is outer in ``b``. One of two blocks
    must have all dimensions of the samples of the other, which is broadcast if it has fewer. A block without any gradients is constant;
    if both have gradients, these must be with respect to the same parameters at all depths.

    :param a: a map, or a block
    :param b: another one
    :param matched_keys: dimensions of keys that are matched, or None for all that both have
    :param matched_components: components that are matched, or None for all that both have and that are not contracted
    :param contracted_components: components that are contracted
    :param matched_properties: dimensions of properties that are matched, or None for all that both have and that are not contracted
    :param contracted_properties: dimensions of properties that are contracted
    :param samples: ``"intersection"`` for samples that both have, or ``"union"`` for rows of zeros where only one has them
    :param first_suffix: what is appended to outer dimensions of ``a``, if ``b`` has one with this name
    :param second_suffix: what is appended to outer dimensions of ``b``, if ``a`` has one with this name
    :param max_bytes: nothing is computed if the result would take more
    :return: a map without info, or a block; its values have the shape (samples, components..., properties)
    :raises ValueError: if labels do not fit
    :raises NotImplementedError: if the result would be too large, or a derivative in torch depends on ``a`` or ``b``
    """
    options = _contract_options(
        matched_keys,
        matched_components,
        contracted_components,
        matched_properties,
        contracted_properties,
        samples,
        first_suffix,
        second_suffix,
        max_bytes,
    )
    return _contract("contract", a, b, options, *_made(given("contract", a, b)))


def contract_metadata(
    a,
    b,
    *,
    matched_keys: list[str] | None = None,
    matched_components: list[str] | None = None,
    contracted_components: list[str] | None = None,
    matched_properties: list[str] | None = None,
    contracted_properties: list[str] | None = None,
    samples: str = "intersection",
    first_suffix: str = "_1",
    second_suffix: str = "_2",
    max_bytes: int | None = None,
):
    """What the result of :py:func:`contract` will be: its labels, and the type of its elements, which are not computed.

    Only labels are looked at. Values of the result have the right type and shape, but take no memory: they are all NaN, or zero for
    integers. :py:func:`estimate_bytes` tells what the result will take.
    """
    options = _contract_options(
        matched_keys,
        matched_components,
        contracted_components,
        matched_properties,
        contracted_properties,
        samples,
        first_suffix,
        second_suffix,
        max_bytes,
    )
    return _contract("contract_metadata", a, b, options, *_described(given("contract_metadata", a, b)))


def _contract_options(
    matched_keys,
    matched_components,
    contracted_components,
    matched_properties,
    contracted_properties,
    samples,
    first_suffix,
    second_suffix,
    max_bytes,
):
    return _declarations.mts_contract_options_t(
        _names(matched_keys, "matched_keys"),
        _names(matched_components, "matched_components"),
        _names(contracted_components, "contracted_components"),
        _names(matched_properties, "matched_properties"),
        _names(contracted_properties, "contracted_properties"),
        choice(samples, _SAMPLES, "samples"),
        text(first_suffix, "first_suffix"),
        text(second_suffix, "second_suffix"),
        _bytes(max_bytes),
    )


def _names(names, what):
    if names is None:
        return None
    return ctypes.pointer(_declarations.mts_names_t(*texts(names, what)))


def _contract(name, a, b, options, map_of, block_of):
    if hasattr(a, "as_mts_block_t"):
        return block_of(made(f"mts_{name}_block", block_address(a), block_address(b), ctypes.byref(options)))
    return map_of(made(f"mts_{name}", map_address(a), map_address(b), ctypes.byref(options)))


def _made(kind):
    """What makes maps and blocks of results."""
    return kind.map, kind.block


def _described(kind):
    """What makes maps and blocks of results without elements."""
    return functools.partial(described_map, kind), functools.partial(described_block, kind)


def estimate_bytes(value) -> int:
    """The bytes of all elements of a map or block, and of all labels that it has, gradients included.

    For what :py:func:`contract_metadata` and others like it give, this is what the result will take.
    """
    result = ctypes.c_uint64()
    if hasattr(value, "as_mts_block_t"):
        calling("mts_estimate_bytes_block", block_address(value), ctypes.byref(result))
    else:
        calling("mts_estimate_bytes", map_address(value), ctypes.byref(result))
    return result.value


# ---------------------------------------------------------------- spherical tensors


def invariants(x, *, normalisation: str = "clebsch_gordan", pairs: str = "unique", max_bytes: int | None = None):
    """The invariants of all pairs of elements of spherical tensors: from a spherical expansion of the density of atoms, the power spectrum.

    Results are those of featomic's ``SoapPowerSpectrum``, or of its ``PowerSpectrum`` with all pairs, with gradients at all depths.

    :param x: a map with the key dimensions ``o3_lambda`` and ``o3_sigma``, which has to be 1, and the component ``o3_mu``
    :param normalisation: ``"clebsch_gordan"`` for :math:`(-1)^l / \\sqrt{2 l + 1}`, as in featomic, or ``"none"`` for scalar products
    :param pairs: ``"unique"`` for each pair of neighbors once, the smaller type first, in a block of its own; or ``"all"`` for all of
        them, as properties
    :param max_bytes: nothing is computed if the result would take more
    :return: a map without info; its values have the shape (samples, properties)
    :raises ValueError: if these are no spherical tensors
    :raises NotImplementedError: if the result would be too large, or a derivative in torch depends on ``x``
    """
    map_of, _ = _made(given("invariants", x))
    return _invariants("invariants", x, normalisation, pairs, max_bytes, map_of)


def invariants_metadata(x, *, normalisation: str = "clebsch_gordan", pairs: str = "unique", max_bytes: int | None = None):
    """What the result of :py:func:`invariants` will be, without computing it: see :py:func:`contract_metadata`."""
    map_of, _ = _described(given("invariants_metadata", x))
    return _invariants("invariants_metadata", x, normalisation, pairs, max_bytes, map_of)


def _invariants(name, x, normalisation, pairs, max_bytes, map_of):
    options = _declarations.mts_invariants_options_t(
        choice(normalisation, _NORMALISATIONS, "normalisation"), choice(pairs, _PAIRS, "pairs"), _bytes(max_bytes)
    )
    return map_of(made(f"mts_{name}", map_address(x), ctypes.byref(options)))


def cg_product(a, b, name_1: str, name_2: str, *, selected_keys=None, max_bytes: int | None = None):
    """The equivariant product of two maps of spherical tensors, by Clebsch-Gordan coefficients for real spherical harmonics.

    Results are those of featomic's ``ClebschGordanProduct``, with gradients at all depths. Keys get the dimensions ``name_1`` and ``name_2``
    with the ``o3_lambda`` of the factors.

    :param a: a map with the key dimensions ``o3_lambda`` and ``o3_sigma``, and the component ``o3_mu``
    :param b: another one
    :param selected_keys: labels: only blocks whose key matches one of these, in some or all of the dimensions, are computed
    :param max_bytes: nothing is computed if the result would take more
    :return: a map without info; its values have the shape (samples, 2 o3_lambda + 1, properties)
    :raises ValueError: if these are no spherical tensors, or labels do not fit
    :raises NotImplementedError: if the result would be too large, or a derivative in torch depends on ``a`` or ``b``
    """
    map_of, _ = _made(given("cg_product", a, b))
    return _cg_product("cg_product", a, b, name_1, name_2, selected_keys, max_bytes, map_of)


def cg_product_metadata(a, b, name_1: str, name_2: str, *, selected_keys=None, max_bytes: int | None = None):
    """What the result of :py:func:`cg_product` will be, without computing it: see :py:func:`contract_metadata`."""
    map_of, _ = _described(given("cg_product_metadata", a, b))
    return _cg_product("cg_product_metadata", a, b, name_1, name_2, selected_keys, max_bytes, map_of)


def _cg_product(name, a, b, name_1, name_2, selected_keys, max_bytes, map_of):
    names = text(name_1, "name_1"), text(name_2, "name_2")
    options = _declarations.mts_cg_options_t(selected(selected_keys), _bytes(max_bytes))
    return map_of(made(f"mts_{name}", map_address(a), map_address(b), *names, ctypes.byref(options)))


class CgProduct:
    """:py:func:`cg_product` for many pairs of maps: it keeps the coefficients, and what the last keys of both said.

    >>> product = CgProduct("l_1", "l_2", selected_keys=Labels(["o3_lambda"], np.array([[0]])))  # doctest: +SKIP
    >>> results = [product(a, b) for a, b in pairs]  # doctest: +SKIP

    It can be used from several threads at the same time, and pickled.
    """

    def __init__(self, name_1: str, name_2: str, *, selected_keys=None, max_bytes: int | None = None):
        self._parameters = name_1, name_2, selected_keys, max_bytes
        options = _declarations.mts_cg_options_t(selected(selected_keys), _bytes(max_bytes))
        pointer = made("mts_cg_product_prepare", text(name_1, "name_1"), text(name_2, "name_2"), ctypes.byref(options))
        self._handle = Handle(pointer, library().mts_cg_product_free, "product")
        self._handle.close_with(self)

    def __call__(self, a, b):
        """The product of two maps."""
        kind = given("cg_product", a, b)
        with self._handle as product:
            return kind.map(made("mts_cg_product_compute", product, map_address(a), map_address(b)))

    def __reduce__(self):
        return _cg_product_of, self._parameters


def _cg_product_of(name_1, name_2, selected_keys, max_bytes):
    return CgProduct(name_1, name_2, selected_keys=selected_keys, max_bytes=max_bytes)


def cg_power(
    x,
    n_products: int,
    *,
    angular_cutoff: int | None = None,
    selected_keys=None,
    skip_redundant: bool = True,
    max_bytes: int | None = None,
):
    """Equivariant products of a map with itself: correlations of a density with more and more neighbors.

    Results are those of featomic's ``DensityCorrelations``, with gradients at all depths.

    :param x: a map with the key dimensions ``o3_lambda`` and ``o3_sigma``, and the component ``o3_mu``
    :param n_products: number of products, between 1 and 32
    :param angular_cutoff: largest ``o3_lambda`` of products, or None for all. With selected keys, that of all products but the last one
    :param selected_keys: labels: only blocks of the last product whose key matches one of these are computed
    :param skip_redundant: whether to leave out keys that are not sorted
    :param max_bytes: nothing is computed if two products, one of which is made of the other, would take more
    :return: a map without info; its values have the shape (samples, 2 o3_lambda + 1, properties)
    :raises ValueError: if these are no spherical tensors
    :raises NotImplementedError: if the result would be too large, or a derivative in torch depends on ``x``
    """
    map_of, _ = _made(given("cg_power", x))
    return _cg_power("cg_power", x, n_products, angular_cutoff, selected_keys, skip_redundant, max_bytes, map_of)


def cg_power_metadata(
    x,
    n_products: int,
    *,
    angular_cutoff: int | None = None,
    selected_keys=None,
    skip_redundant: bool = True,
    max_bytes: int | None = None,
):
    """What the result of :py:func:`cg_power` will be, without computing it: see :py:func:`contract_metadata`."""
    map_of, _ = _described(given("cg_power_metadata", x))
    return _cg_power("cg_power_metadata", x, n_products, angular_cutoff, selected_keys, skip_redundant, max_bytes, map_of)


def _cg_power(name, x, n_products, angular_cutoff, selected_keys, skip_redundant, max_bytes, map_of):
    if not isinstance(n_products, int) or not 1 <= n_products <= 32:
        raise ValueError(f"n_products has to be an integer between 1 and 32, not {n_products!r}")
    if angular_cutoff is None:
        angular_cutoff = -1
    elif not isinstance(angular_cutoff, int) or not 0 <= angular_cutoff < 2**31:
        raise ValueError(f"angular_cutoff has to be an integer that is not negative, or None, not {angular_cutoff!r}")
    options = _declarations.mts_cg_power_options_t(
        angular_cutoff, selected(selected_keys), bool(skip_redundant), _bytes(max_bytes)
    )
    return map_of(made(f"mts_{name}", map_address(x), n_products, ctypes.byref(options)))


def cartesian_to_spherical(tensor, components: list[str]):
    """Turns components along x, y and z, one for vectors or two for matrices, into a component ``o3_mu`` of real spherical harmonics.

    Results are those of featomic's ``cartesian_to_spherical``, with gradients at all depths. Keys get the dimensions ``o3_lambda`` and
    ``o3_sigma``, before all others.

    :param tensor: a map without these dimensions of keys
    :param components: names of one or two components, which follow each other in the values and have the entries 0, 1 and 2
    :return: a map with the info of ``tensor``; its values have the shape (samples, 2 o3_lambda + 1, properties)
    :raises ValueError: if there are no such components
    :raises NotImplementedError: if a derivative in torch depends on the map
    """
    kind = given("cartesian_to_spherical", tensor)
    return kind.map(made("mts_cartesian_to_spherical", map_address(tensor), *texts(components, "components")))


def spherical_to_cartesian(tensor, components: list[str]):
    """Turns a component ``o3_mu`` of real spherical harmonics into components along x, y and z, which undoes :py:func:`cartesian_to_spherical`.

    :param tensor: a map with the key dimensions ``o3_lambda`` and ``o3_sigma``, and the component ``o3_mu``
    :param components: names of the new components: one for vectors, two for matrices
    :return: a map with the info of ``tensor``; its values have the shape (samples, 3, properties) or (samples, 3, 3, properties)
    :raises ValueError: if blocks are no parts of such tensors
    :raises NotImplementedError: if a derivative in torch depends on the map
    """
    kind = given("spherical_to_cartesian", tensor)
    return kind.map(made("mts_spherical_to_cartesian", map_address(tensor), *texts(components, "components")))
