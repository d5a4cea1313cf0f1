/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
/**
 * Images in OME-Zarr, versions 0.4 (Zarr 2) and 0.5 (Zarr 3): a strict reader, a writer and
 * pyramids.
 *
 * <p>Sources: the Zarr 2 and Zarr 3 core specifications, the sharding codec, and the OME-NGFF
 * specifications 0.4 and 0.5. Nothing here knows restoration.
 */
package org.deqir.blocks.zarr;
