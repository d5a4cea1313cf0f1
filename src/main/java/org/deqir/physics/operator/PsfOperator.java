/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics.operator;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.deqir.physics.Tensors;

/**
 * Convolution with a point spread function when what lies outside the field of view is unknown.
 *
 * <p>The image is larger than the measurement by the PSF's radius on every side, so that each
 * measured pixel is a sum over pixels of the image: y(m) = Σ_d psf(centre + d) x(m − d), the
 * "valid" part of the true convolution. No border condition is assumed; the surplus border is
 * estimated with the rest and cut off by whoever shows the image.
 *
 * <p>Computed by FFT on a domain that is enlarged to a length with small prime factors.
 */
public final class PsfOperator extends AbstractOperator {

    private final int psfHeight;
    private final int psfWidth;
    private final long fftHeight;
    private final long fftWidth;
    private final NDArray transfer;
    private final NDArray flippedTransfer;

    /** |K|², the squared magnitude of the transfer function. */
    private final NDArray power;

    /**
     * Convolution onto a field of view of the given size.
     *
     * @param manager parent of the operator's memory
     * @param height height of the measured field; images have height + psf.length − 1 rows
     * @param width width of the measured field; images have width + psf[0].length − 1 columns
     * @param psf the PSF, [row][column], both sizes odd, centre at the middle pixel, used as it is
     *     (a unit sum keeps intensities)
     */
    public PsfOperator(NDManager manager, int channels, int height, int width, float[][] psf) {
        this(manager, channels, height, width, flatten(psf), psf[0].length, psf.length);
    }

    /**
     * Convolution onto a field of view of the given size.
     *
     * @param psf the PSF, row by row, otherwise as in the other constructor
     */
    public PsfOperator(
            NDManager manager,
            int channels,
            int height,
            int width,
            float[] psf,
            int psfWidth,
            int psfHeight) {
        super(
                manager,
                enlargedShape(channels, height, width, psf, psfWidth, psfHeight),
                Tensors.imageShape(channels, height, width));
        this.psfHeight = psfHeight;
        this.psfWidth = psfWidth;
        fftHeight = smoothLength(height + psfHeight - 1);
        fftWidth = smoothLength(width + psfWidth - 1);
        final float[] flipped = new float[psf.length];
        for (int i = 0; i < psf.length; i++) flipped[i] = psf[psf.length - 1 - i];
        transfer = transferFunction(psf);
        flippedTransfer = transferFunction(flipped);
        power = Tensors.scoped(transfer, k -> k.real().square().sum(new int[] {4}));
    }

    @Override
    protected NDArray forward(NDArray x) {
        // A circular convolution of this length wraps only into what is cut off here.
        final NDArray full = convolve(x, transfer);
        final NDArray rows = Tensors.slice(full, 2, psfHeight - 1L, measurementShape().get(1));
        return Tensors.slice(rows, 3, psfWidth - 1L, measurementShape().get(2)).duplicate();
    }

    @Override
    protected NDArray transposed(NDArray y) {
        // The adjoint of "valid" convolution is "full" convolution with the PSF turned by 180°.
        return crop(convolve(y, flippedTransfer), imageShape());
    }

    /**
     * Division by p|K|² + λ in the Fourier domain of the enlarged FFT, as if every pixel of it were
     * measured; images up to that size are padded by zeros.
     */
    @Override
    Optional<UnaryOperator<NDArray>> normalInverse(
            NDManager manager, double precision, double[] damping) {
        final NDArray lambda = Tensors.perRow(manager, damping, power.getShape().dimension());
        final NDArray scale =
                Tensors.scoped(
                        lambda,
                        l -> Tensors.view(power, l.getManager()).mul(precision).add(l).pow(-1));
        return Optional.of(g -> Tensors.scoped(g, x -> crop(convolve(x, scale), x.getShape())));
    }

    @Override
    public String describe() {
        return "convolution with a PSF of " + psfWidth + " × " + psfHeight + " px";
    }

    /** The first rows and columns, as many as a shape (…, H, W) has. */
    private static NDArray crop(NDArray full, Shape shape) {
        final int last = shape.dimension() - 1;
        final NDArray rows = Tensors.head(full, 2, shape.get(last - 1));
        return Tensors.head(rows, 3, shape.get(last)).duplicate();
    }

    private NDArray convolve(NDArray x, NDArray transferFunction) {
        return x.rfft(fftWidth, 3)
                .fft(fftHeight, 2)
                .mul(transferFunction)
                .ifft(fftHeight, 2)
                .irfft(fftWidth, 3);
    }

    private NDArray transferFunction(float[] kernel) {
        final NDArray spatial = constants.create(kernel, new Shape(1, 1, psfHeight, psfWidth));
        final NDArray result = Tensors.scoped(spatial, k -> k.rfft(fftWidth, 3).fft(fftHeight, 2));
        spatial.close();
        return result;
    }

    /** The smallest length from {@code least} on that has no prime factor above 5. */
    static int smoothLength(int least) {
        for (int length = least; ; length++) {
            int rest = length;
            for (final int prime : new int[] {2, 3, 5}) while (rest % prime == 0) rest /= prime;
            if (rest == 1) return length;
        }
    }

    private static Shape enlargedShape(
            int channels, int height, int width, float[] psf, int psfWidth, int psfHeight) {
        requirePsf(psf, psfWidth, psfHeight);
        final Shape field = Tensors.imageShape(channels, height, width);
        return new Shape(channels, field.get(1) + psfHeight - 1, field.get(2) + psfWidth - 1);
    }

    /** Checks that a PSF has a middle pixel and finite values. */
    public static void requirePsf(float[] psf, int width, int height) {
        if (width < 1 || height < 1 || width % 2 == 0 || height % 2 == 0)
            throw new IllegalArgumentException(
                    "A PSF of "
                            + width
                            + " × "
                            + height
                            + " pixels has no middle pixel: both"
                            + " sizes must be odd.");
        if (psf.length != width * height)
            throw new IllegalArgumentException(
                    "A PSF of "
                            + width
                            + " × "
                            + height
                            + " pixels does not have "
                            + psf.length
                            + " values.");
        for (final float value : psf)
            if (!Float.isFinite(value))
                throw new IllegalArgumentException("The PSF has a value of " + value + ".");
    }

    private static float[] flatten(float[][] psf) {
        if (psf.length == 0) throw new IllegalArgumentException("The PSF has no pixels.");
        final int width = psf[0].length;
        final float[] values = new float[psf.length * width];
        for (int row = 0; row < psf.length; row++) {
            if (psf[row].length != width)
                throw new IllegalArgumentException("The rows of the PSF differ in length.");
            System.arraycopy(psf[row], 0, values, row * width, width);
        }
        return values;
    }
}
