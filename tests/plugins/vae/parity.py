#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Builds the autoencoder of a model file in PyTorch and compares it with what Smearkit computed.

usage: parity.py MODEL.safetensors COMPUTED.safetensors

COMPUTED holds for one batch: images, mu, logvar, z (without noise: mu), reconstructions, loss, and
`gradient.NAME` for every weight NAME of the model. Exit code 1 where something differs by more than
1e-4 (outputs) or 1e-3 (loss and gradients, relative to the largest of each tensor).
"""
import json
import struct
import sys

import numpy as np
import torch
from torch.nn import functional as F


def read(path):
    """The arrays and the metadata of a safetensors file."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    arrays = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] != "F32":
            continue
        begin, end = entry["data_offsets"]
        array = np.frombuffer(data[begin:end], dtype="<f4").reshape(entry["shape"])
        arrays[name] = torch.from_numpy(array.copy())
    return arrays, header["__metadata__"]


def forward(weights, architecture, images):
    slope = architecture["slope"]
    depth = len(architecture["filters"])
    x = images
    for i in range(depth):
        x = F.conv2d(x, weights[f"encoder.{i}.weight"], weights[f"encoder.{i}.bias"], 2, 1)
        x = F.leaky_relu(x, slope)
    x = x.flatten(1)
    mu = F.linear(x, weights["encoder.mu.weight"], weights["encoder.mu.bias"])
    logvar = F.linear(x, weights["encoder.logvar.weight"], weights["encoder.logvar.bias"])
    x = F.linear(mu, weights["decoder.dense.weight"], weights["decoder.dense.bias"])
    x = F.leaky_relu(x, slope)
    edge = architecture["image_size"] >> depth
    x = x.view(-1, architecture["filters"][-1], edge, edge)
    for i in range(depth):
        x = F.conv_transpose2d(x, weights[f"decoder.{i}.weight"], weights[f"decoder.{i}.bias"],
                               2, 1, 1)
        if i + 1 < depth:
            x = F.leaky_relu(x, slope)
    return mu, logvar, torch.sigmoid(x)


def main():
    weights, metadata = read(sys.argv[1])
    computed, _ = read(sys.argv[2])
    architecture = json.loads(metadata["architecture"])
    for weight in weights.values():
        weight.requires_grad_(True)
    images = computed["images"]
    mu, logvar, output = forward(weights, architecture, images)
    error = (output - images).square().sum((1, 2, 3))
    kl = -0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(1)
    loss = (error + kl).mean()
    loss.backward()

    failures = 0

    def compare(name, found, expected, tolerance, relative):
        nonlocal failures
        scale = max(expected.abs().max().item(), 1e-12) if relative else 1.0
        difference = (found - expected).abs().max().item() / scale
        ok = found.shape == expected.shape and difference <= tolerance
        failures += not ok
        print(f"{'ok  ' if ok else 'FAIL'} {name}: {difference:.2e} (at most {tolerance:g})")

    compare("mu", computed["mu"], mu, 1e-4, False)
    compare("logvar", computed["logvar"], logvar, 1e-4, False)
    compare("reconstructions", computed["reconstructions"], output, 1e-4, False)
    compare("loss", computed["loss"], loss.reshape(1), 1e-3, True)
    named = [name for name in weights if name.split(".")[0] in ("encoder", "decoder")]
    for name in named:
        compare("gradient of " + name, computed["gradient." + name], weights[name].grad, 1e-3, True)
    print(f"{len(named)} weights compared")
    return 1 if failures or len(named) < 20 else 0


sys.exit(main())
