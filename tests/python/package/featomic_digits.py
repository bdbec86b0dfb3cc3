"""What featomic computes on top of our library has the digits that it has on top of the official one, and so has what is made of it.

``featomic_digits.py SIDE`` prints checksums, with ``import metatensor_native`` if SIDE is ``native``; without it, both are compared.
"""

import hashlib
import os
import subprocess
import sys

import numpy as np


def checksum(value):
    """Of all labels and elements of a map."""
    result = hashlib.sha256()

    def add(block):
        for labels in [block.samples, *block.components, block.properties]:
            result.update(repr(labels.names).encode() + np.ascontiguousarray(labels.values).tobytes())
        result.update(np.ascontiguousarray(block.values).tobytes())
        for parameter, gradient in sorted(block.gradients()):
            result.update(parameter.encode())
            add(gradient)

    result.update(repr(value.keys.names).encode() + np.ascontiguousarray(value.keys.values).tobytes())
    for block in value.blocks():
        add(block)
    return result.hexdigest()


def print_checksums(native):
    if native:
        import metatensor_native

        libraries = metatensor_native.status().libraries
        assert len(libraries) == 1, libraries
    import ase
    import featomic

    rng = np.random.default_rng(1)
    crystal = ase.Atoms("CHOC", positions=rng.uniform(0, 4, (4, 3)), cell=np.diag([4.0, 4.5, 5.0]), pbc=True)
    molecule = ase.Atoms("COHH", positions=rng.uniform(0, 2.2, (4, 3)))
    hypers = {
        "cutoff": {"radius": 3.0, "smoothing": {"type": "ShiftedCosine", "width": 0.5}},
        "density": {"type": "Gaussian", "width": 0.4},
        "basis": {"type": "TensorProduct", "max_angular": 2, "radial": {"type": "Gto", "max_radial": 1}},
    }
    systems = [crystal, molecule]
    expansion = featomic.SphericalExpansion(**hypers).compute(systems, gradients=["positions", "cell"])
    soap = featomic.SoapPowerSpectrum(**hypers).compute(systems, gradients=["positions"])
    print("expansion", checksum(expansion))
    print("soap", checksum(soap))
    print("samples", checksum(soap.keys_to_samples("center_type")))
    print("properties", checksum(soap.keys_to_properties(["neighbor_1_type", "neighbor_2_type"])))
    if native:
        from metatensor_native import products

        invariants = products.invariants(expansion)
        for key, block in invariants.items():
            expected = soap.block(key)
            order = [block.samples.position(sample) for sample in expected.samples]
            np.testing.assert_allclose(block.values[order], expected.values, rtol=1e-9, atol=1e-12)
    # last: arrays of featomic change with what is made of them, with the official library as well
    print("components", checksum(expansion.components_to_properties("o3_mu")))


def main():
    if len(sys.argv) > 1:
        return print_checksums(sys.argv[1] == "native")
    sides = {}
    for side in ["native", "official"]:
        # without the path of metatensor_native, nothing of it can be there
        environment = {name: value for name, value in os.environ.items() if side == "native" or name != "PYTHONPATH"}
        command = [sys.executable, "-B", __file__, side]
        sides[side] = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
    assert sides["native"].count("\n") == 5, sides["native"]
    assert sides["native"] == sides["official"], sides


if __name__ == "__main__":
    main()
