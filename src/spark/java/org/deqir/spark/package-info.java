/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/** Blocks on Apache Spark. Built by the profile {@code spark} only, into a jar of its own. */
package org.deqir.spark;
