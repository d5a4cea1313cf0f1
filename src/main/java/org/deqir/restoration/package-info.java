/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/**
 * How an inverse problem is solved: the recipe of a task, its first guess, the chain and solver
 * that are run, and the optimisation of the starting noise.
 */
package org.deqir.restoration;
