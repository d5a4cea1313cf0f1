/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

/**
 * A trained prior: the network with the noise schedule it was trained for.
 *
 * @param name the model's name, as shown to the user and written into a result's provenance
 * @param sha256 hash of the weights, hexadecimal, for the provenance
 * @param predictor the network, owned by this prior
 * @param schedule the schedule the network was trained with
 */
public record DiffusionPrior(
        String name, String sha256, NoisePredictor predictor, NoiseSchedule schedule)
        implements AutoCloseable {

    /** {@return channels of the images the prior knows: 1 for grey, 3 for RGB} */
    public int channels() {
        return predictor.channels();
    }

    /** {@return what the network runs on, in words for the user: {@code cpu}, {@code cuda}, …} */
    public String device() {
        return predictor.device();
    }

    @Override
    public void close() {
        predictor.close();
    }
}
