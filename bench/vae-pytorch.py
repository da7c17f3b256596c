#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""PyTorch's side of bench/vae: the published autoencoder, eager, as one would write it.

Prints one JSON object, as bench_vae does.
"""
import argparse
import json
import resource
import statistics
import time

import torch
from torch import nn
from torch.nn import functional as F


class Autoencoder(nn.Module):
    def __init__(self, size, filters=(32, 64, 128, 256), latent=128):
        super().__init__()
        self.edge = size >> len(filters)
        channels = (3, *filters)
        features = filters[-1] * self.edge ** 2
        self.encoder = nn.ModuleList(
            nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in zip(channels, channels[1:]))
        self.mu = nn.Linear(features, latent)
        self.logvar = nn.Linear(features, latent)
        self.dense = nn.Linear(latent, features)
        self.decoder = nn.ModuleList(
            nn.ConvTranspose2d(b, a, 3, stride=2, padding=1, output_padding=1)
            for a, b in reversed(list(zip(channels, channels[1:]))))

    def forward(self, x):
        for layer in self.encoder:
            x = F.leaky_relu(layer(x), 0.2)
        x = x.flatten(1)
        mu, logvar = self.mu(x), self.logvar(x)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        x = F.leaky_relu(self.dense(z), 0.2)
        x = x.view(x.shape[0], -1, self.edge, self.edge)
        for layer in self.decoder[:-1]:
            x = F.leaky_relu(layer(x), 0.2)
        return torch.sigmoid(self.decoder[-1](x)), mu, logvar


def median_seconds(turns, work):
    work()
    seconds = []
    for _ in range(turns):
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--batch", type=int, default=32)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    model = Autoencoder(options.size)
    images = torch.rand(options.batch, 3, options.size, options.size)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-4)

    def reconstruct():
        with torch.no_grad():
            model(images)

    def step():
        optimizer.zero_grad()
        output, mu, logvar = model(images)
        error = (output - images).square().sum((1, 2, 3)).mean()
        kl = (-0.5 * (1 + logvar - mu.square() - logvar.exp()).sum(1)).mean()
        (error + kl).backward()
        optimizer.step()

    reconstruction = median_seconds(options.turns, reconstruct)
    print(json.dumps({
        "step_seconds": round(median_seconds(options.turns, step), 4),
        "images_per_second": round(options.batch / reconstruction, 2),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


main()
