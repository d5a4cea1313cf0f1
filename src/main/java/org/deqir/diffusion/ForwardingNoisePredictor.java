/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.diffusion;

/** A predictor that changes the input or output of another one and forwards all else. */
public abstract class ForwardingNoisePredictor implements NoisePredictor {

    /** What this one asks. */
    protected final NoisePredictor network;

    /**
     * @param network what this one asks; stays the caller's unless a subclass closes it
     */
    protected ForwardingNoisePredictor(NoisePredictor network) {
        this.network = network;
    }

    @Override
    public int channels() {
        return network.channels();
    }

    @Override
    public String device() {
        return network.device();
    }

    @Override
    public long bytesPerPixel() {
        return network.bytesPerPixel();
    }

    @Override
    public int evaluationsPerImage() {
        return network.evaluationsPerImage();
    }

    @Override
    public String name() {
        return network.name();
    }

    @Override
    public NoisePredictor origin() {
        return network.origin();
    }

    /** Does not close the network. */
    @Override
    public void close() {}
}
