/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import java.util.ArrayList;
import java.util.List;
import org.deqir.image.Pixels;
import org.deqir.image.Plane;
import org.deqir.physics.Degradation;
import org.deqir.physics.noise.NoiseEstimate;
import org.deqir.physics.noise.NoiseEstimator;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.physics.noise.StatedNoise;

/**
 * The noise of a plane, stated or estimated.
 *
 * @param model the noise
 * @param findings what the estimate found and what makes it doubtful; of stated noise, what the
 *     image says against it
 */
public record Noise(NoiseModel model, List<String> findings) {

    /**
     * {@return the noise as the user stated it, with what the measurement says against it}
     *
     * @throws IllegalArgumentException if no pixel agrees with it
     */
    public static Noise stated(NoiseModel model, Plane measured) {
        return new Noise(model, StatedNoise.objections(model, measured));
    }

    /** {@return whether the noise of a plane of whole grey levels is less than one of them} */
    public boolean isWithinRounding(Plane measured) {
        if (model.equals(new NoiseModel.None())) return false;
        double sum = 0;
        int count = 0;
        for (final float[] channel : measured.channels()) {
            if (Pixels.roundingError(channel) == 0) return false;
            for (final float level : channel)
                if (Float.isFinite(level)) {
                    sum += level;
                    count++;
                }
        }
        return count > 0 && model.variance(sum / count) < 1;
    }

    /** {@return this noise with another finding, a sentence for the user} */
    public Noise with(String finding) {
        final List<String> all = new ArrayList<>(findings);
        all.add(finding);
        return new Noise(model, all);
    }

    /**
     * {@return the noise as it is estimated from a measurement} NaN pixels are left out. An RGB
     * image, whose values are processed ones, gets a single Gaussian for all channels.
     *
     * @param degradation what happened to the image, or null, as {@link NoiseEstimate#model}
     */
    public static Noise estimated(Plane measured, Degradation degradation) {
        final List<String> findings = new ArrayList<>();
        double variance = 0;
        int used = 0;
        NoiseModel model = null;
        for (final float[] channel : measured.channels()) {
            // An empty channel says nothing about the noise of the others.
            if (measured.channels().length > 1 && isConstant(channel)) continue;
            used++;
            final NoiseEstimate estimate =
                    NoiseEstimator.estimate(channel, measured.width(), measured.height());
            findings.add(estimate.finding());
            findings.addAll(estimate.warnings());
            variance += Math.pow(estimate.gaussian().sigma(), 2);
            model = estimate.model(degradation);
        }
        if (measured.channels().length == 1) return new Noise(model, findings);
        return new Noise(
                new NoiseModel.Gaussian(Math.sqrt(variance / Math.max(1, used))), findings);
    }

    private static boolean isConstant(float[] channel) {
        for (final float level : channel) if (level != channel[0]) return false;
        return true;
    }
}
