/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import org.deqir.progress.Progress;

/**
 * What happened to an image, independent of its size: a recipe for {@linkplain LinearOperator
 * operators}.
 *
 * <p>Invalid parameters are refused with {@link IllegalArgumentException} where the description is
 * made; sizes that do not fit, where the operator is made.
 */
public interface Degradation {

    /**
     * The degradation of images of one size.
     *
     * <p>The operator's image may be larger than the restored image, by the same margin on opposite
     * sides (where what lies outside the field of view contributes); {@link #cropToField} cuts the
     * margin off.
     *
     * @param manager parent of the operator's memory
     * @param channels C of the restored image
     * @param height H of the restored image
     * @param width W of the restored image
     * @return the operator on images that include the margin
     */
    LinearOperator operator(NDManager manager, int channels, int height, int width);

    /** {@return what happened, with its parameters, in a few words for a result's provenance} */
    String describe();

    /**
     * {@return pixels of the restored image per pixel of the measured one along each side: a
     * measured image of h × w pixels is restored to {@code scale·h × scale·w}}
     */
    default int scale() {
        return 1;
    }

    /** {@return whether images with this number of channels can be degraded like this} */
    default boolean accepts(int channels) {
        return channels >= 1;
    }

    /** {@return whether a measurement is an image (C', H', W'), and not a list of coefficients} */
    default boolean measuresImages() {
        return true;
    }

    /**
     * {@return the degradation to simulate with when the image to degrade ends where the field
     * ends}
     */
    default Degradation forSimulation() {
        return this;
    }

    /**
     * A measurement (N, …) of an operator of this degradation in the form in which it is kept as an
     * image. Measurements that are images are kept as they are; sensing coefficients as their back
     * projection Aᵀy, an image of the restored size.
     *
     * @return (N, C', H', W'), an array of its own that belongs to the manager of y
     */
    default NDArray toImage(LinearOperator operator, NDArray y) {
        return y.duplicate();
    }

    /** {@return the inverse of {@link #toImage}} */
    default NDArray fromImage(LinearOperator operator, NDArray image) {
        return image.duplicate();
    }

    /**
     * The pixels of a measurement that are unknown.
     *
     * @return an array of its own, row by row, true where a pixel is missing; null if none is
     */
    default boolean[] missing() {
        return null;
    }

    /** {@return whether the known samples of a measurement are pixels of the image, with noise} */
    default boolean measuresPixels() {
        return false;
    }

    /** {@return whether noise is all that happened} */
    default boolean isIdentity() {
        return measuresPixels() && missing() == null;
    }

    /**
     * {@return how far the light of a pixel reaches along a row or column, in pixels of the image}
     */
    default int reach() {
        return 0;
    }

    /**
     * {@return noise that is assumed at least, where images are in [−1, 1]: above 0 where undoing
     * the degradation amplifies noise without bound}
     */
    default double leastNoise() {
        return 0;
    }

    /**
     * {@return whether the measurement tells nearly everything about everything, so that few large
     * steps suffice} Where colours or most of the coefficients must be found, many small ones are
     * needed.
     */
    default boolean losesFineDetailOnly() {
        return false;
    }

    /**
     * {@return whether a measurement without missing pixels has less contrast than its image, so
     * that its extremes are not those of the image}
     */
    default boolean hidesExtremes() {
        return false;
    }

    /** {@return the last level as a share of the noise, where that is the same everywhere} */
    default double lastOfNoise() {
        return 1;
    }

    /**
     * {@return the noise levels through which this degradation is undone}
     *
     * @param noise σ of the measurement where images are in [−1, 1]
     */
    default Levels levels(double noise) {
        return losesFineDetailOnly()
                ? Levels.from(0.8, noise, 6, 1, true)
                : Levels.from(0.8, noise, 12, Levels.WEIGHT_OF_SINGLE_CALLS, false);
    }

    /** {@return the samples that tell how uncertain a result is} */
    default Spread spread() {
        return Spread.of(losesFineDetailOnly() ? 0.9 : 0.8, 0.96);
    }

    /**
     * {@return whether a similar restored image, as the next one in a stack, can take the place of
     * the first guess} Where a part of the image is not measured at all, it would stay in the
     * result.
     */
    default boolean canStartFromNeighbour() {
        return false;
    }

    /**
     * A classical restoration of one channel, from which the levels begin: the closer it is to the
     * truth, the fewer there need be.
     *
     * @param measured a measurement as an image, row by row; missing pixels have any value
     * @param width of the measurement
     * @param height of the measurement
     * @param progress asked again and again whether to go on
     * @return {@code scale·width × scale·height} pixels, an array of its own
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    default float[] firstGuess(float[] measured, int width, int height, Progress progress) {
        return measured.clone();
    }

    /**
     * The middle (N, C, height, width) of an operator's image, without the margin that lies outside
     * the field of view: an array of its own that belongs to the manager of the image.
     */
    static NDArray cropToField(NDArray image, int height, int width) {
        final long top = (image.getShape().get(2) - height) / 2;
        final long left = (image.getShape().get(3) - width) / 2;
        if (top < 0 || left < 0)
            throw new IllegalArgumentException(
                    "A field of %s × %s pixels does not fit into an image of shape %s."
                            .formatted(width, height, image.getShape()));
        return Tensors.scoped(
                image,
                x -> Tensors.slice(Tensors.slice(x, 2, top, height), 3, left, width).duplicate());
    }
}
