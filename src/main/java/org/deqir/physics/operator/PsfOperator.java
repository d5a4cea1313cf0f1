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
 * <p>A PSF of several slices blurs volumes (N, D, H, W), whose slices stand where planes have their
 * channels, in all three directions; one of a single slice blurs each channel, or slice, by itself.
 *
 * <p>Computed by FFT on a domain that is enlarged to a length with small prime factors.
 */
public final class PsfOperator extends AbstractOperator {

    private final int psfDepth;
    private final int psfHeight;
    private final int psfWidth;
    private final long fftDepth;
    private final long fftHeight;
    private final long fftWidth;
    private final NDArray transfer;
    private final NDArray flippedTransfer;

    /** |K|², the squared magnitude of the transfer function. */
    private final NDArray power;

    /**
     * Convolution onto a field of view of the given size.
     *
     * @param channels C, each convolved by itself
     * @param height rows of the measured field; images have height + psfHeight − 1
     * @param width columns of the measured field; images have width + psfWidth − 1
     * @param psf the PSF, row by row, both sizes odd, centre at the middle pixel, used as it is (a
     *     unit sum keeps intensities)
     */
    public PsfOperator(
            NDManager manager,
            int channels,
            int height,
            int width,
            float[] psf,
            int psfWidth,
            int psfHeight) {
        this(manager, channels, height, width, psf, psfWidth, psfHeight, 1);
    }

    /**
     * Convolution of volumes onto a field of view of the given size.
     *
     * @param depth slices of the measured field; volumes have depth + psfDepth − 1
     * @param height rows of the measured field
     * @param width columns of the measured field
     * @param psf the PSF, slice by slice, row by row, all three sizes odd, centre at the middle
     *     voxel, used as it is
     */
    public PsfOperator(
            NDManager manager,
            int depth,
            int height,
            int width,
            float[] psf,
            int psfWidth,
            int psfHeight,
            int psfDepth) {
        super(
                manager,
                enlargedShape(depth, height, width, psf, psfWidth, psfHeight, psfDepth),
                Tensors.imageShape(depth, height, width));
        this.psfDepth = psfDepth;
        fftDepth = smoothLength(depth + psfDepth - 1);
        this.psfHeight = psfHeight;
        this.psfWidth = psfWidth;
        fftHeight = smoothLength(height + psfHeight - 1);
        fftWidth = smoothLength(width + psfWidth - 1);
        final float[] flipped = new float[psf.length];
        for (int i = 0; i < psf.length; i++) flipped[i] = psf[psf.length - 1 - i];
        transfer = transferFunction(psf);
        flippedTransfer = transferFunction(flipped);
        power =
                Tensors.scoped(
                        transfer,
                        k -> {
                            final NDArray parts = k.real();
                            final int last = parts.getShape().dimension() - 1;
                            return parts.square().sum(new int[] {last});
                        });
    }

    @Override
    protected NDArray forward(NDArray x) {
        // A circular convolution of this length wraps only into what is cut off here.
        final NDArray full = convolve(x, transfer);
        final NDArray slices = Tensors.slice(full, 1, psfDepth - 1L, measurementShape().get(0));
        final NDArray rows = Tensors.slice(slices, 2, psfHeight - 1L, measurementShape().get(1));
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
        return String.format(
                "convolution with a PSF of %s × %s%s",
                psfWidth, psfHeight, psfDepth == 1 ? " px" : " × " + psfDepth + " voxels");
    }

    /** The first slices, rows and columns, as many as a shape (…, D, H, W) has. */
    private static NDArray crop(NDArray full, Shape shape) {
        final int last = shape.dimension() - 1;
        final NDArray slices = Tensors.head(full, 1, shape.get(last - 2));
        final NDArray rows = Tensors.head(slices, 2, shape.get(last - 1));
        return Tensors.head(rows, 3, shape.get(last)).duplicate();
    }

    private NDArray convolve(NDArray x, NDArray transferFunction) {
        final NDArray spectrum = spectrum(x).mul(transferFunction);
        return (psfDepth == 1 ? spectrum : spectrum.ifft(fftDepth, 1))
                .ifft(fftHeight, 2)
                .irfft(fftWidth, 3);
    }

    private NDArray spectrum(NDArray x) {
        final NDArray plane = x.rfft(fftWidth, 3).fft(fftHeight, 2);
        return psfDepth == 1 ? plane : plane.fft(fftDepth, 1);
    }

    private NDArray transferFunction(float[] kernel) {
        final NDArray spatial =
                constants.create(kernel, new Shape(1, psfDepth, psfHeight, psfWidth));
        final NDArray result = Tensors.scoped(spatial, this::spectrum);
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
            int depth,
            int height,
            int width,
            float[] psf,
            int psfWidth,
            int psfHeight,
            int psfDepth) {
        if (psfDepth < 1 || psfDepth % 2 == 0)
            throw new IllegalArgumentException(
                    "A PSF of "
                            + psfDepth
                            + " slices has no middle one: their number must be odd.");
        requirePsf(psf, psfWidth, psfHeight * psfDepth);
        final Shape field = Tensors.imageShape(depth, height, width);
        return new Shape(
                field.get(0) + psfDepth - 1,
                field.get(1) + psfHeight - 1,
                field.get(2) + psfWidth - 1);
    }

    /** Checks that a PSF has a middle pixel and finite values. */
    public static void requirePsf(float[] psf, int width, int height) {
        if (width < 1 || height < 1 || width % 2 == 0 || height % 2 == 0)
            throw new IllegalArgumentException(
                    "A PSF of %s × %s pixels has no middle pixel: both sizes must be odd."
                            .formatted(width, height));
        if (psf.length != width * height)
            throw new IllegalArgumentException(
                    "A PSF of %s × %s pixels does not have %s values."
                            .formatted(width, height, psf.length));
        for (final float value : psf)
            if (!Float.isFinite(value))
                throw new IllegalArgumentException("The PSF has a value of " + value + ".");
    }
}
