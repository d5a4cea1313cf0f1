/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import net.imglib2.img.Img;

/**
 * A restored image and how it came about.
 *
 * @param image the restored image, of the measurement's type
 * @param report what was done, all planes together
 */
public record RestoredImage<T>(Img<T> image, RestorationReport report) {}
