/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/** Linear operators of measurements, each with its adjoint and, where it has one, its spectrum. */
package org.deqir.physics.operator;
