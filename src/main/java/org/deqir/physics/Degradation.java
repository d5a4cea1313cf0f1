/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.Random;
import org.deqir.physics.operator.BlockAverageOperator;
import org.deqir.physics.operator.CompositeOperator;
import org.deqir.physics.operator.Convolutions;
import org.deqir.physics.operator.GreyProjectionOperator;
import org.deqir.physics.operator.IdentityOperator;
import org.deqir.physics.operator.MaskOperator;
import org.deqir.physics.operator.PsfOperator;
import org.deqir.physics.operator.SeparableFilterOperator;
import org.deqir.physics.operator.SymmetricFilter;
import org.deqir.physics.operator.sensing.BlockSensingOperator;
import org.deqir.physics.operator.sensing.WalshHadamardOperator;

/**
 * What happened to an image, independent of its size: a recipe for {@linkplain LinearOperator
 * operators}.
 *
 * <p>Invalid parameters are refused with {@link IllegalArgumentException} where the description is
 * made; sizes that do not fit, where the operator is made.
 */
public sealed interface Degradation {

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
     */
    LinearOperator operator(NDManager manager, int channels, int height, int width);

    /** What happened, with its parameters, in a few words for a result's provenance. */
    String describe();

    /**
     * Pixels of the restored image per pixel of the measured one along each side: a measured image
     * of h × w pixels is restored to {@code scale·h × scale·w}.
     */
    default int scale() {
        return 1;
    }

    /** Whether images with this number of channels can be degraded like this. */
    default boolean accepts(int channels) {
        return channels >= 1;
    }

    /** Whether a measurement is an image (C', H', W'), and not a list of coefficients. */
    default boolean measuresImages() {
        return true;
    }

    /** The degradation to simulate with when the image to degrade ends where the field ends. */
    default Degradation forSimulation() {
        return this;
    }

    /**
     * A measurement in the form in which it is kept as an image. Measurements that are images are
     * kept as they are; sensing coefficients as their back projection Aᵀy, an image of the restored
     * size.
     *
     * @param operator an operator of this degradation
     * @param y a measurement (N, …)
     * @return (N, C', H', W'), an array of its own that belongs to the manager of y
     */
    default NDArray toImage(LinearOperator operator, NDArray y) {
        return y.duplicate();
    }

    /** The inverse of {@link #toImage}. */
    default NDArray fromImage(LinearOperator operator, NDArray image) {
        return image.duplicate();
    }

    /**
     * The middle of an operator's image, without the margin that lies outside the field of view.
     *
     * @param image (N, C, ≥ height, ≥ width)
     * @return (N, C, height, width), an array of its own that belongs to the manager of the image
     */
    static NDArray cropToField(NDArray image, int height, int width) {
        final long top = (image.getShape().get(2) - height) / 2;
        final long left = (image.getShape().get(3) - width) / 2;
        if (top < 0 || left < 0)
            throw new IllegalArgumentException(
                    "A field of "
                            + width
                            + " × "
                            + height
                            + " pixels does not fit into an image of shape "
                            + image.getShape()
                            + ".");
        return Tensors.scoped(
                image,
                x -> Tensors.slice(Tensors.slice(x, 2, top, height), 3, left, width).duplicate());
    }

    /** Nothing but noise. */
    record Identity() implements Degradation {

        @Override
        public LinearOperator operator(NDManager manager, int channels, int height, int width) {
            return new IdentityOperator(manager, channels, height, width);
        }

        @Override
        public String describe() {
            return "noise only";
        }
    }

    /**
     * Some pixels are missing, the same in all channels.
     *
     * @param known H·W entries, row by row; true where the pixel is known
     * @param height H
     * @param width W
     */
    record MissingPixels(boolean[] known, int height, int width) implements Degradation {

        /**
         * @throws IllegalArgumentException if the mask has another size
         */
        public MissingPixels {
            if (known.length != height * width)
                throw new IllegalArgumentException(
                        "A mask of "
                                + width
                                + " × "
                                + height
                                + " pixels does not have "
                                + known.length
                                + " entries.");
            known = known.clone();
        }

        /**
         * Pixels missing at random.
         *
         * @param ratio probability that a pixel is known, above 0 and up to 1
         */
        public static MissingPixels random(int height, int width, double ratio, long seed) {
            Tensors.requireRatio(ratio);
            final Random random = new Random(seed);
            final boolean[] known = new boolean[height * width];
            for (int i = 0; i < known.length; i++) known[i] = random.nextDouble() < ratio;
            return new MissingPixels(known, height, width);
        }

        /** A copy of the mask. */
        @Override
        public boolean[] known() {
            return known.clone();
        }

        @Override
        public LinearOperator operator(NDManager manager, int channels, int height, int width) {
            if (height != this.height || width != this.width)
                throw new IllegalArgumentException(
                        "The mask has "
                                + this.width
                                + " × "
                                + this.height
                                + " pixels, but the image has "
                                + width
                                + " × "
                                + height
                                + ".");
            return new MaskOperator(manager, channels, height, width, known);
        }

        @Override
        public String describe() {
            int missing = 0;
            for (final boolean k : known) if (!k) missing++;
            return String.format(
                    Locale.ROOT, "%.4g %% of the pixels missing", 100.0 * missing / known.length);
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof MissingPixels mask
                    && mask.height == height
                    && mask.width == width
                    && Arrays.equals(mask.known, known);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(known) * 31 + width;
        }

        @Override
        public String toString() {
            return describe();
        }
    }

    /**
     * A coarser pixel grid.
     *
     * @param factor fine pixels per coarse pixel along each side, 2 … 8
     * @param kernel how fine pixels make a coarse one
     */
    record Downsampling(int factor, Kernel kernel) implements Degradation {

        /** How fine pixels make a coarse one. */
        public enum Kernel {
            /** Their mean, as binning and larger camera pixels do. */
            AVERAGE,
            /** The bicubic kernel with a = −0.5, stretched by the factor; mirrored borders. */
            BICUBIC
        }

        /**
         * @throws IllegalArgumentException unless the factor is 2 to 8
         */
        public Downsampling {
            Tensors.requireInRange("Downsampling factor", factor, 2, 8);
            Objects.requireNonNull(kernel, "kernel");
        }

        @Override
        public LinearOperator operator(NDManager manager, int channels, int height, int width) {
            if (kernel == Kernel.AVERAGE)
                return new BlockAverageOperator(manager, channels, height, width, factor);
            final SymmetricFilter filter = SymmetricFilter.bicubic(factor);
            return new SeparableFilterOperator(manager, channels, height, width, filter, filter);
        }

        @Override
        public int scale() {
            return factor;
        }

        @Override
        public String describe() {
            final String name = kernel == Kernel.AVERAGE ? "block average" : "bicubic";
            return name + " downsampling ×" + factor;
        }
    }

    /** A convolution, whose result near the border depends on what lies outside the field. */
    sealed interface Blur extends Degradation {

        /** What lies outside the field of view. */
        Border border();

        /** The same blur with other surroundings. */
        Blur with(Border border);

        /** How far the light of a pixel reaches along a row or column, in pixels. */
        int reach();

        @Override
        default Degradation forSimulation() {
            return border() == Border.UNKNOWN ? with(Border.MIRRORED) : this;
        }
    }

    /**
     * Gaussian blur; two different widths make it anisotropic.
     *
     * @param sigmaX standard deviation along a row, in pixels, ≥ 0
     * @param sigmaY standard deviation along a column, in pixels, ≥ 0
     * @param border what lies outside the field of view
     */
    record GaussianBlur(double sigmaX, double sigmaY, Border border) implements Blur {

        /**
         * @throws IllegalArgumentException unless both widths are within 0 to 1000 pixels
         */
        public GaussianBlur {
            SymmetricFilter.gaussian(sigmaX);
            SymmetricFilter.gaussian(sigmaY);
            Objects.requireNonNull(border, "border");
        }

        /** The blur of an image whose surroundings are unknown. */
        public GaussianBlur(double sigmaX, double sigmaY) {
            this(sigmaX, sigmaY, Border.UNKNOWN);
        }

        /** The same blur in all directions; surroundings unknown. */
        public GaussianBlur(double sigma) {
            this(sigma, sigma);
        }

        @Override
        public LinearOperator operator(NDManager manager, int channels, int height, int width) {
            final SymmetricFilter horizontal = SymmetricFilter.gaussian(sigmaX);
            final SymmetricFilter vertical =
                    sigmaX == sigmaY ? horizontal : SymmetricFilter.gaussian(sigmaY);
            return Convolutions.of(manager, channels, height, width, vertical, horizontal, border);
        }

        @Override
        public GaussianBlur with(Border other) {
            return new GaussianBlur(sigmaX, sigmaY, other);
        }

        @Override
        public int reach() {
            return SymmetricFilter.gaussian(Math.max(sigmaX, sigmaY)).taps() / 2;
        }

        @Override
        public String describe() {
            return (sigmaX == sigmaY
                            ? String.format(Locale.ROOT, "Gaussian blur of σ %.4g px", sigmaX)
                            : String.format(
                                    Locale.ROOT,
                                    "Gaussian blur of σ %.4g × %.4g px",
                                    sigmaX,
                                    sigmaY))
                    + ", "
                    + border.describe();
        }
    }

    /**
     * Blur by a square box.
     *
     * @param width edge of the box in pixels, at least 1
     * @param border what lies outside the field of view
     */
    record UniformBlur(double width, Border border) implements Blur {

        /**
         * @throws IllegalArgumentException unless the width is within 1 to 4000 pixels
         */
        public UniformBlur {
            SymmetricFilter.uniform(width);
            Objects.requireNonNull(border, "border");
        }

        /** The blur of an image whose surroundings are unknown. */
        public UniformBlur(double width) {
            this(width, Border.UNKNOWN);
        }

        @Override
        public LinearOperator operator(NDManager manager, int channels, int height, int width) {
            final SymmetricFilter filter = SymmetricFilter.uniform(this.width);
            return Convolutions.of(manager, channels, height, width, filter, filter, border);
        }

        @Override
        public UniformBlur with(Border other) {
            return new UniformBlur(width, other);
        }

        @Override
        public int reach() {
            return SymmetricFilter.uniform(width).taps() / 2;
        }

        @Override
        public String describe() {
            return String.format(
                    Locale.ROOT, "uniform blur of %.4g px, %s", width, border.describe());
        }
    }

    /**
     * Convolution with a measured or computed point spread function.
     *
     * @param psf values row by row, centre at the middle pixel, normally of unit sum
     * @param width width of the PSF, odd
     * @param height height of the PSF, odd
     * @param border what lies outside the field of view
     */
    record PsfBlur(float[] psf, int width, int height, Border border) implements Blur {

        /**
         * @throws IllegalArgumentException if the values are no point spread function of that size
         */
        public PsfBlur {
            PsfOperator.requirePsf(psf, width, height);
            psf = psf.clone();
            Objects.requireNonNull(border, "border");
        }

        /** A copy of the values. */
        @Override
        public float[] psf() {
            return psf.clone();
        }

        @Override
        public LinearOperator operator(NDManager manager, int channels, int height, int width) {
            return Convolutions.of(
                    manager, channels, height, width, psf, this.width, this.height, border);
        }

        @Override
        public PsfBlur with(Border other) {
            return new PsfBlur(psf, width, height, other);
        }

        @Override
        public int reach() {
            return Math.max(width, height) / 2;
        }

        @Override
        public String describe() {
            return "convolution with a PSF of "
                    + width
                    + " × "
                    + height
                    + " px, "
                    + border.describe();
        }

        @Override
        public boolean equals(Object other) {
            return other instanceof PsfBlur blur
                    && blur.width == width
                    && blur.height == height
                    && blur.border == border
                    && Arrays.equals(blur.psf, psf);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(psf) * 31 + border.hashCode();
        }

        @Override
        public String toString() {
            return describe();
        }
    }

    /**
     * A weighted sum of red, green and blue.
     *
     * @param red weight of red
     * @param green weight of green
     * @param blue weight of blue
     */
    record GreyProjection(double red, double green, double blue) implements Degradation {

        /** The mean of the channels. */
        public static final GreyProjection MEAN = new GreyProjection(1 / 3.0, 1 / 3.0, 1 / 3.0);

        /** The mean with the rounded weights of the paper's published implementation. */
        public static final GreyProjection PUBLISHED = new GreyProjection(0.3333, 0.3334, 0.3333);

        /** Luminance, ITU-R BT.601, as ImageJ's weighted conversion to grey. */
        public static final GreyProjection LUMINANCE = new GreyProjection(0.299, 0.587, 0.114);

        /**
         * @throws IllegalArgumentException if the weights are all 0 or not finite
         */
        public GreyProjection {
            GreyProjectionOperator.requireNorm(red, green, blue);
        }

        @Override
        public LinearOperator operator(NDManager manager, int channels, int height, int width) {
            if (!accepts(channels))
                throw new IllegalArgumentException(
                        "A grey projection needs an image of 3 channels, not " + channels + ".");
            return new GreyProjectionOperator(manager, height, width, red, green, blue);
        }

        @Override
        public boolean accepts(int channels) {
            return channels == GreyProjectionOperator.CHANNELS;
        }

        @Override
        public String describe() {
            return String.format(
                    Locale.ROOT, "grey projection with weights %.4g, %.4g, %.4g", red, green, blue);
        }
    }

    /**
     * A list of coefficients is measured, with orthonormal patterns: A Aᵀ = I, so that the back
     * projection holds exactly what was measured.
     */
    sealed interface Sensing extends Degradation {

        @Override
        default boolean measuresImages() {
            return false;
        }

        @Override
        default NDArray toImage(LinearOperator operator, NDArray y) {
            return operator.adjoint(y);
        }

        @Override
        default NDArray fromImage(LinearOperator operator, NDArray image) {
            return operator.apply(image);
        }
    }

    /**
     * A random subset of the Walsh–Hadamard coefficients is measured (single-pixel camera).
     *
     * @param ratio share that is measured, above 0 and up to 1
     * @param seed seed of the choice
     */
    record WalshHadamardSensing(double ratio, long seed) implements Sensing {

        /**
         * @throws IllegalArgumentException unless the ratio is above 0 and up to 1
         */
        public WalshHadamardSensing {
            Tensors.requireRatio(ratio);
        }

        @Override
        public LinearOperator operator(NDManager manager, int channels, int height, int width) {
            return new WalshHadamardOperator(manager, channels, height, width, ratio, seed);
        }

        @Override
        public String describe() {
            return String.format(
                    Locale.ROOT, "Walsh–Hadamard sensing of %.4g %%, seed %d", 100 * ratio, seed);
        }
    }

    /**
     * Every block of pixels is measured by orthonormalised Gaussian patterns.
     *
     * @param ratio measurements per pixel, above 0 and up to 1
     * @param seed seed of the patterns
     * @param blockSize edge of a block in pixels
     */
    record BlockSensing(double ratio, long seed, int blockSize) implements Sensing {

        /**
         * @throws IllegalArgumentException unless the ratio is above 0 and up to 1 and the size of
         *     a block is accepted
         */
        public BlockSensing {
            Tensors.requireRatio(ratio);
            Tensors.requireInRange("Block size", blockSize, 1, BlockSensingOperator.LARGEST_BLOCK);
        }

        @Override
        public LinearOperator operator(NDManager manager, int channels, int height, int width) {
            return new BlockSensingOperator(
                    manager, channels, height, width, ratio, seed, blockSize);
        }

        @Override
        public String describe() {
            return String.format(
                    Locale.ROOT,
                    "block sensing of %.4g %% in blocks of %d px, seed %d",
                    100 * ratio,
                    blockSize,
                    seed);
        }
    }

    /**
     * One degradation after another.
     *
     * @param first what happened first
     * @param second what happened to its result
     */
    record Sequence(Degradation first, Degradation second) implements Degradation {

        /**
         * @throws IllegalArgumentException if a part does not measure an image
         */
        public Sequence {
            for (final Degradation part : new Degradation[] {first, second})
                if (!part.measuresImages())
                    throw new IllegalArgumentException(
                            "What is measured by "
                                    + part.describe()
                                    + " is no image, so it cannot be part of a sequence.");
        }

        @Override
        public LinearOperator operator(NDManager manager, int channels, int height, int width) {
            final LinearOperator inner = first.operator(manager, channels, height, width);
            LinearOperator outer = null;
            try {
                final Shape between = inner.measurementShape();
                outer =
                        second.operator(
                                manager,
                                Math.toIntExact(between.get(0)),
                                Math.toIntExact(between.get(1)),
                                Math.toIntExact(between.get(2)));
                return new CompositeOperator(manager, outer, inner);
            } catch (IllegalArgumentException e) {
                if (outer != null) outer.close();
                inner.close();
                throw e;
            }
        }

        @Override
        public int scale() {
            return first.scale() * second.scale();
        }

        @Override
        public boolean accepts(int channels) {
            return first.accepts(channels);
        }

        @Override
        public Degradation forSimulation() {
            return new Sequence(first.forSimulation(), second.forSimulation());
        }

        @Override
        public String describe() {
            return first.describe() + ", then " + second.describe();
        }
    }
}
