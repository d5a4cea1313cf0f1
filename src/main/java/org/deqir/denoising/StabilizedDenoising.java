/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import java.util.List;
import org.deqir.ChainState;
import org.deqir.Guide;
import org.deqir.Optimization;
import org.deqir.Restoration;
import org.deqir.RestorationResult;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.image.IntensityLimits;
import org.deqir.image.Plane;
import org.deqir.physics.noise.AnscombeTransform;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.restoration.Inversion;

/**
 * Denoises camera images: photon noise grows with the signal, so the image is transformed to where
 * its noise has the same strength everywhere (generalised Anscombe transform), denoised there, and
 * brought back by the exact unbiased inverse.
 */
public final class StabilizedDenoising {

    /** What is said of it beside the noise. */
    static final String IN_WORDS = ", Anscombe transform";

    private StabilizedDenoising() {}

    /** Denoises a plane whose noise is not white. */
    static RestorationResult solve(
            DiffusionPrior prior, Plane measured, Restoration restoration, Progress progress) {
        final AnscombeTransform transform = restoration.noise().stabilizing();
        final Plane shown = stabilized(transform, measured);
        if (restoration.variances() != null)
            EvenNoise.unbias(shown, restoration.variances().channels()[0]);
        final RestorationResult denoised =
                ClippedDenoising.solve(
                        prior,
                        shown,
                        restoration
                                .withNoise(new NoiseModel.Gaussian(1))
                                .withLimits(stabilized(transform, restoration.limits()))
                                .withOptimization(
                                        stabilized(transform, restoration.optimization())),
                        1,
                        progress);
        return new RestorationResult(
                unchanged(measured, shown, denoised.restored(), transform),
                null,
                denoised.report().withNoise(restoration.noise().describe() + IN_WORDS));
    }

    /**
     * {@return the way of the chain, in the camera's grey levels}
     *
     * @param prior which denoises
     * @param measured the measurement; not changed
     * @param restoration of camera noise
     * @param progress asked before every network call whether to go on
     */
    public static List<ChainState> follow(
            DiffusionPrior prior, Plane measured, Restoration restoration, Progress progress) {
        final AnscombeTransform transform = restoration.noise().stabilizing();
        return new Inversion(
                        prior,
                        stabilized(transform, measured),
                        new Restoration(
                                restoration.degradation(),
                                new NoiseModel.Gaussian(1),
                                restoration.sampling()))
                .follow(progress).stream()
                        .map(
                                state ->
                                        new ChainState(
                                                state.sigma(),
                                                state.timestep(),
                                                inverse(transform, state.state()),
                                                inverse(transform, state.estimate())))
                        .toList();
    }

    /** A plane of a camera where its noise has the standard deviation 1. */
    static Plane stabilized(AnscombeTransform transform, Plane measured) {
        final Plane stabilized = measured.copy();
        for (int c = 0; c < stabilized.channels().length; c++)
            stabilized.channels()[c] = transform.forward(measured.channels()[c]);
        return stabilized;
    }

    /** A reference with the measurement's grey levels is transformed like it. */
    private static Optimization stabilized(AnscombeTransform transform, Optimization optimization) {
        final Guide guide = optimization.guide();
        if (guide == null || guide.fit()) return optimization;
        return optimization.withGuide(
                guide.withReference(stabilized(transform, guide.reference())));
    }

    private static IntensityLimits stabilized(AnscombeTransform transform, IntensityLimits limits) {
        final double low = transform.forward(limits.low());
        final double high = transform.forward(limits.high());
        // The transform clips below its domain, and there it is no limit of the sensor's.
        return low < high
                ? new IntensityLimits(low > 0 ? low : Double.NEGATIVE_INFINITY, high)
                : IntensityLimits.NONE;
    }

    /** The inverse; where nothing was taken away there is no noise, nor a bias to correct. */
    private static Plane unchanged(
            Plane measured, Plane shown, Plane denoised, AnscombeTransform transform) {
        final Plane restored = inverse(transform, denoised);
        for (int c = 0; c < restored.channels().length; c++)
            for (int i = 0; i < restored.size(); i++)
                if (denoised.channels()[c][i] == shown.channels()[c][i])
                    restored.channels()[c][i] = measured.channels()[c][i];
        return restored;
    }

    private static Plane inverse(AnscombeTransform transform, Plane means) {
        final float[][] greyLevels = new float[means.channels().length][];
        for (int c = 0; c < greyLevels.length; c++)
            greyLevels[c] = transform.inverse(means.channels()[c]);
        return new Plane(greyLevels, means.width(), means.height());
    }
}
