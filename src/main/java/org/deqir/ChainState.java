/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import java.util.Locale;
import org.deqir.image.Plane;

/**
 * One state on the way of a chain from its noisy start to the restored image.
 *
 * @param sigma noise level σ of the state, where images are in [−1, 1]; 0 for the restored image
 * @param timestep the level as the network counts it; NaN for the restored image
 * @param state the state as an image with noise of that level, in the measurement's grey levels
 * @param estimate what the network makes of the state: its estimate of the clean image; for the
 *     restored image that image itself
 */
public record ChainState(double sigma, double timestep, Plane state, Plane estimate) {

    /** {@return the level in a few words} */
    public String label() {
        return Double.isNaN(timestep)
                ? "restored"
                : String.format(Locale.ROOT, "sigma=%.4g t=%.1f", sigma, timestep);
    }
}
