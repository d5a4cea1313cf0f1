/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.denoising;

import org.deqir.image.Plane;
import org.deqir.image.Smoothing;

/**
 * Limits a correction to what the image holds of it.
 *
 * <p>The network predicts noise of the strength it is told, whatever the image holds. Where there
 * is less, such as in padding or in a corner without light, the rest would be put into the image
 * with the opposite sign. The correction e is therefore scaled by its share in the image y:
 * locally, the projection ⟨y', e'⟩ / ⟨e', e'⟩ of high passes, which leave most structure out,
 * between 0 and 1.
 *
 * <p>Neither can the noise be stronger than it is said to be. Where the correction is, its excess
 * is damage: what explains the measurement best is then e · σ²/⟨e, e⟩. The weakest level that a
 * network knows is one such case, so that below it the measurement wins, and wins more the less
 * noise there is.
 */
final class CorrectionGate {

    /** Standard deviation, in pixels, of the smoothing that a high pass takes away. */
    private static final double HIGH_PASS = 1;

    /** Standard deviation, in pixels, of the window in which products are averaged. */
    private static final double WINDOW = 4;

    /**
     * Where the noise is as it was stated, its projection scatters around 1, and so does its
     * strength around σ. These tolerances let all of it pass: on real images the gate then changes
     * no pixel.
     */
    private static final double PROJECTION_TOLERANCE = 1.25;

    private static final double STRENGTH_TOLERANCE = 1.2;

    private CorrectionGate() {}

    /** How a correction is measured. */
    enum Kind {
        /** As far as it is found in the image, and not more than σ: for estimates. */
        ESTIMATE,
        /**
         * Not more than there is fine variation in the image: for samples, whose own texture is
         * independent of the image's.
         */
        SAMPLE,
        /** As far as it is found in the image: for smoothing. */
        SMOOTHING
    }

    /**
     * The share of a correction that may be made.
     *
     * @param shown the image
     * @param answer the corrected image
     * @param sigma standard deviation of the noise the network was told of, grey levels
     * @return per channel and pixel, 0 to 1
     */
    static float[][] shares(Plane shown, Plane answer, double sigma, Kind kind) {
        final float[][] shares = new float[shown.channels().length][];
        for (int c = 0; c < shares.length; c++)
            shares[c] =
                    shares(
                            shown.channels()[c],
                            answer.channels()[c],
                            shown.width(),
                            shown.height(),
                            sigma,
                            kind);
        return shares;
    }

    /** The image with shares of the correction. */
    static Plane apply(Plane shown, Plane answer, float[][] shares) {
        final Plane gated = answer.copy();
        for (int c = 0; c < shares.length; c++)
            for (int i = 0; i < shares[c].length; i++)
                if (shares[c][i] < 1) {
                    final float sample = shown.channels()[c][i];
                    gated.channels()[c][i] =
                            sample + shares[c][i] * (answer.channels()[c][i] - sample);
                }
        return gated;
    }

    private static float[] shares(
            float[] shown, float[] answer, int width, int height, double sigma, Kind kind) {
        final int size = shown.length;
        final float[] correction = new float[size];
        for (int i = 0; i < size; i++) correction[i] = shown[i] - answer[i];
        final float[] fineImage = highPass(shown, width, height);
        final float[] fineCorrection = highPass(correction, width, height);
        final float[] products =
                kind == Kind.SAMPLE
                        ? averaged(fineImage, fineImage, width, height)
                        : averaged(fineImage, fineCorrection, width, height);
        final float[] norms = averaged(fineCorrection, fineCorrection, width, height);
        final float[] strengths =
                kind == Kind.ESTIMATE ? averaged(correction, correction, width, height) : null;
        final double most = STRENGTH_TOLERANCE * sigma * STRENGTH_TOLERANCE * sigma;
        final double tolerance = kind == Kind.SMOOTHING ? 1 : PROJECTION_TOLERANCE;
        final float[] shares = new float[size];
        for (int i = 0; i < size; i++) {
            if (!(norms[i] > 0)) continue;
            final double found = products[i] / norms[i];
            double share = tolerance * (kind == Kind.SAMPLE ? Math.sqrt(found) : found);
            share = Math.max(0, Math.min(1, share));
            if (strengths != null && strengths[i] > most) share *= most / strengths[i];
            shares[i] = (float) share;
        }
        return shares;
    }

    private static float[] highPass(float[] plane, int width, int height) {
        final float[] smooth = Smoothing.gaussian(plane, width, height, null, HIGH_PASS);
        for (int i = 0; i < smooth.length; i++) smooth[i] = plane[i] - smooth[i];
        return smooth;
    }

    private static float[] averaged(float[] a, float[] b, int width, int height) {
        final float[] products = new float[a.length];
        for (int i = 0; i < products.length; i++) products[i] = a[i] * b[i];
        return Smoothing.gaussian(products, width, height, null, WINDOW);
    }
}
