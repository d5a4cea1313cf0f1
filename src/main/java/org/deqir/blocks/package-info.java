/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/**
 * Restoring an image block by block, on one computer or many. What is global is decided once, in a
 * {@link org.deqir.blocks.BlockPlan}; a block is then restored from its surroundings and the plan
 * alone, so that the result is the same wherever and in whatever order blocks are restored.
 *
 * <p>Knows neither ImageJ nor Spark.
 */
package org.deqir.blocks;
