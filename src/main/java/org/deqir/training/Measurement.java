/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.training;

/**
 * The losses of a training at one step.
 *
 * @param step steps taken
 * @param seconds time spent training, that of earlier runs included
 * @param loss mean loss of the steps since the measurement before; NaN before the first step
 * @param validationLoss loss of the averaged weights on held-out patches whose noise is always the
 *     same
 * @param psnr in dB, of held-out patches with noise of 25 of 255 grey levels after one network call
 */
public record Measurement(
        long step, double seconds, double loss, double validationLoss, double psnr) {}
