"""The model of toy_model.py: energies of systems from densities of neighbors by type, a layer for each type of atom."""

from typing import List

import metatensor.torch as mts
import torch
from metatensor.torch import Labels, TensorBlock, TensorMap


class Toy(torch.nn.Module):
    def __init__(self, types: List[int], width: int = 6):
        super().__init__()
        self.types = types
        self.centers = torch.linspace(0.5, 3.0, width, dtype=torch.float64)
        self.layers = torch.nn.ModuleList([torch.nn.Linear(width * len(types), 1) for _ in types])

    def features(self, types: List[torch.Tensor], positions: List[torch.Tensor]) -> TensorMap:
        """Blocks of each type of atom and of its neighbors, with the samples of all systems."""
        maps: List[TensorMap] = []
        for system, (of, at) in enumerate(zip(types, positions)):
            vectors = at.unsqueeze(0) - at.unsqueeze(1) + torch.eye(len(at), dtype=at.dtype).unsqueeze(-1) * 100
            distances = vectors.square().sum(dim=-1).sqrt()
            smeared = torch.exp(-4 * (distances.unsqueeze(-1) - self.centers) ** 2)
            keys: List[List[int]] = []
            blocks: List[TensorBlock] = []
            for center in self.types:
                atoms = torch.nonzero(of == center).ravel()
                samples = torch.stack([torch.full_like(atoms, system), atoms], dim=1).to(torch.int32)
                for neighbor in self.types:
                    density = smeared[atoms][:, of == neighbor].sum(dim=1)
                    keys.append([center, neighbor])
                    properties = torch.arange(len(self.centers), dtype=torch.int32).reshape(-1, 1)
                    block = TensorBlock(
                        density, Labels(["system", "atom"], samples), [], Labels(["center"], properties)
                    )
                    blocks.append(block)
            maps.append(TensorMap(Labels(["center_type", "neighbor_type"], torch.tensor(keys, dtype=torch.int32)), blocks))
        return mts.join(maps, "samples", different_keys="union")

    def forward(self, types: List[torch.Tensor], positions: List[torch.Tensor]) -> TensorMap:
        """The energy of each system."""
        features = self.features(types, positions).keys_to_properties("neighbor_type")
        features = mts.multiply(features, 0.5)
        blocks: List[TensorBlock] = []
        for i, layer in enumerate(self.layers):
            block = features.block({"center_type": self.types[i]})
            energy = torch.tanh(layer(block.values))
            blocks.append(TensorBlock(energy, block.samples, [], Labels(["energy"], torch.zeros(1, 1, dtype=torch.int32))))
        by_type = TensorMap(Labels(["center_type"], torch.tensor(self.types, dtype=torch.int32).reshape(-1, 1)), blocks)
        return mts.sum_over_samples(by_type.keys_to_samples("center_type"), ["atom", "center_type"])
