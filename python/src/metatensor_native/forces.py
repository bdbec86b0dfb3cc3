"""Forces on atoms, and virials and stresses of systems, from gradients of energies.

Energies are maps or blocks of ``metatensor`` or of ``metatensor.torch``, with the gradients that featomic makes and operations hand on.
Results are blocks of the same kind. Sums are in double precision, and rounded once to the type of the energies. No derivative in torch
is computed: tensors that one depends on are refused, and have to be detached.
"""

import ctypes

import numpy as np

from ._calling import made
from ._results import block_address, given, labels_address, map_address, selected

__all__ = ["forces", "stress", "virial", "virial_from_cell"]


def _block(name, energy, *arguments):
    kind = given(name, energy)
    if kind.is_block(energy):
        return kind.block(made(f"mts_{name}_block", block_address(energy), *arguments))
    return kind.block(made(f"mts_{name}", map_address(energy), *arguments))


def forces(energy, atoms=None):
    """Forces on atoms: minus the gradients of energies with respect to positions, summed over all blocks, samples and properties.

    :param energy: a map or block with gradients ``"positions"``, which have the samples ``(sample, system, atom)`` and one component
        with the entries 0, 1 and 2. Values are energies of anything: they have no component with more than one entry
    :param atoms: labels with the dimensions ``(system, atom)``: the samples of the result, in this order, with zeros for atoms that no
        gradient has a row for. A row for another atom is an error. Or None for all atoms that gradients have rows for, sorted
    :return: a block with values of shape (atoms, 3, 1), the samples ``(system, atom)`` and the property ``force``. If the gradients have
        gradients, so has the result: those with respect to positions become minus the force constants
    :raises ValueError: if there are no such gradients
    :raises NotImplementedError: if a derivative in torch depends on the energies
    """
    return _block("forces", energy, selected(atoms))


def virial(energy, systems=None):
    """Virials of systems: minus the gradients of energies with respect to the strain, summed over all blocks, samples and properties.

    The strain moves positions :math:`r` and the vectors of the cell to :math:`r'_j = r_j + \\sum_i r_i e_{ij}`. In gradients made by featomic,
    the first component is :math:`i` and the second one :math:`j`.

    :param energy: a map or block with gradients ``"strain"``, which have the samples ``(sample)`` and two components with the entries 0,
        1 and 2; the samples of the values have the dimension ``system``
    :param systems: labels with the dimension ``system``: the samples of the result, in this order. Energies of another system are an
        error. Or None for all systems in the samples of the values, sorted
    :return: a block with values of shape (systems, 3, 3, 1), the samples ``system`` and the property ``virial``
    :raises ValueError: if there are no such gradients
    :raises NotImplementedError: if a derivative in torch depends on the energies
    """
    return _block("virial", energy, selected(systems))


def virial_from_cell(energy, positions, cells):
    """Virials of systems from gradients of energies with respect to positions and the cell, at constant positions.

    This is minus the sum of :math:`r_i dE/dr_j` over all atoms, and of :math:`h_i dE/dh_j` over the vectors of the cell.

    :param energy: a map or block with gradients ``"positions"``, as for :py:func:`forces`, and ``"cell"``, which have the samples
        ``(sample)`` and two components: the vector of the cell, and the direction
    :param positions: a block with values of shape (atoms, 3, 1) and the samples ``(system, atom)``
    :param cells: a block with values of shape (systems, 3, 3, 1), the vector and the direction, and the samples ``(system)``, which are
        those of the result. A system that is not periodic has a cell of zeros
    :return: a block with values of shape (systems, 3, 3, 1), the samples ``system`` and the property ``virial``
    :raises ValueError: if there are no such gradients, or no positions or cells for some of them
    :raises NotImplementedError: if a derivative in torch depends on any of these
    """
    if given("virial_from_cell", energy) is not given("virial_from_cell", positions, cells):
        raise TypeError("virial_from_cell needs energies, positions and cells all of metatensor or all of metatensor.torch")
    return _block("virial_from_cell", energy, block_address(positions), block_address(cells))


def stress(virial, systems, volumes):
    """Stresses of systems: minus the virials, divided by the volumes of the cells.

    :param virial: a block with values of shape (systems, 3, 3, 1) and without gradients, as :py:func:`virial` makes it
    :param systems: labels with the dimension ``system``, in any order; there can be more than virials
    :param volumes: the volume of each of ``systems``: positive numbers
    :return: a block with the samples and components of the virials, and the property ``stress``
    :raises ValueError: if there is no volume for a system, or if it is not positive
    :raises NotImplementedError: if a derivative in torch depends on any of these
    """
    kind = given("stress", virial)
    if getattr(volumes, "requires_grad", False):
        raise NotImplementedError("stress can not compute a derivative with respect to volumes in torch: detach them")
    volumes = np.ascontiguousarray(volumes, dtype=np.float64)
    if volumes.ndim != 1:
        raise ValueError(f"volumes has to have one axis, not the shape {volumes.shape}")
    pointer = volumes.ctypes.data_as(ctypes.POINTER(ctypes.c_double))
    return kind.block(made("mts_stress", block_address(virial), labels_address(systems), pointer, len(volumes)))
