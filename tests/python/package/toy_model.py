"""A model in the style of metatomic, with forces by autograd, has the digits on our library that it has on the official one.

``toy_model.py SIDE`` prints checksums: on the library of ``official``, or ours for ``native``; ``installed`` has our operations as well. Without
SIDE, all of them are compared. Where torch follows what happens, all digits are the same; our operations on what it does not follow
add in another order.
"""

import hashlib
import json
import os
import subprocess
import sys
import warnings

warnings.simplefilter("ignore", FutureWarning)  # torch.jit is deprecated


def main(side):
    if side != "official":
        import metatensor_native

        if side == "installed":
            metatensor_native.install()
        assert len(metatensor_native.status().libraries) == 1
    import torch

    from toy_module import Toy

    torch.manual_seed(0)
    generator = torch.Generator().manual_seed(1)
    types = [torch.tensor([1, 6, 8, 1]), torch.tensor([8, 1, 1]), torch.tensor([6, 6, 1, 8, 1])]
    model = Toy([1, 6, 8]).to(torch.float64)
    scripted = torch.jit.script(model)
    scripted.save("toy.pt")
    result = {}
    for name, module in {"eager": model, "scripted": scripted, "loaded": torch.jit.load("toy.pt")}.items():
        generator.manual_seed(1)
        positions = [torch.rand(len(of), 3, generator=generator, dtype=torch.float64).mul_(3).requires_grad_() for of in types]
        energies = module(types, positions)
        # twice: of forces, and of what is trained on them
        forces = torch.autograd.grad(energies.block().values.sum(), positions, create_graph=True)
        sum((force**2).sum() for force in forces).backward()
        tensors = [energies.block().values, *forces, *(one.grad for one in positions)]
        tensors += [parameter.grad for parameter in module.parameters() if parameter.grad is not None]
        bytes_of = [tensor.detach().numpy().tobytes() for tensor in tensors]
        result[name] = hashlib.sha256(b"".join(bytes_of)).hexdigest()
        with torch.no_grad():
            inferred = module(types, [one.detach() for one in positions])
        result[f"{name}, inferred"] = inferred.block().values.ravel().tolist()
        module.zero_grad()
    os.remove("toy.pt")
    print(json.dumps(result))


def compare():
    import tempfile

    sides = {}
    with tempfile.TemporaryDirectory() as directory:
        for side in ["official", "native", "installed"]:
            # without the path of metatensor_native, nothing of it can be there
            environment = {name: value for name, value in os.environ.items() if side != "official" or name != "PYTHONPATH"}
            command = [sys.executable, "-B", os.path.abspath(__file__), side]
            output = subprocess.run(command, env=environment, cwd=directory, check=True, stdout=subprocess.PIPE, text=True).stdout
            sides[side] = json.loads(output)
    official, native, installed = sides.values()
    assert len(official) == 6 and len(official["eager, inferred"]) == 3, official
    assert official["eager"] == official["scripted"] == official["loaded"], official
    assert native == official, sides
    for name, values in official.items():
        if isinstance(values, str):
            assert installed[name] == values, sides
        else:
            assert all(abs(a - b) <= 1e-12 * abs(b) for a, b in zip(installed[name], values, strict=True)), sides


if __name__ == "__main__":
    main(sys.argv[1]) if len(sys.argv) > 1 else compare()
