import metatensor_native  # before metatensor

import numpy as np
from metatensor import Labels, TensorBlock, TensorMap


def structure(number):
    """The descriptor and the energy of one structure."""
    atoms = 2 + number % 3
    x = np.random.default_rng(number).normal(size=(atoms, 2))
    samples = Labels.range("atom", atoms)
    descriptor = TensorBlock(x, samples, [], Labels.range("n", 2))
    energy = TensorBlock(x @ [[1.0], [-2.0]], samples, [], Labels.range("energy", 1))
    return TensorMap(Labels.single(), [descriptor]), TensorMap(Labels.single(), [energy])


# ANCHOR: write
from metatensor_native.collection import CollectionWriter

with CollectionWriter.create("train.zip") as writer:
    for number in range(200):
        descriptor, energy = structure(number)  # two maps, made by your program
        writer.add(number, "descriptor", descriptor)
        writer.add(number, "energy", energy)
# ANCHOR_END: write

print("ANCHOR: train")
# ANCHOR: train
import torch
from metatensor_native.torch_data import CollectionDataset, ThreadLoader

dataset = CollectionDataset("train.zip", ["descriptor", "energy"])
batches = ThreadLoader(dataset, batch_size=20)  # loads in threads while the program computes
torch.manual_seed(0)
model = torch.nn.Linear(2, 1, bias=False, dtype=torch.float64)
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
for epoch in range(30):
    for batch in batches:
        predicted = model(batch["descriptor"].block().values)
        loss = torch.mean((predicted - batch["energy"].block().values) ** 2)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

print([round(weight, 2) for weight in model.weight[0].tolist()])
# ANCHOR_END: train
print("ANCHOR_END: train")
