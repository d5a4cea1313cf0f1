/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/** Network layouts (the DDPM and the guided-diffusion U-Net), written as TorchScript programs. */
package org.deqir.network.layout;
