/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import java.util.List;
import org.deqir.physics.degradation.BlockSensing;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.GreyProjection;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.degradation.KernelBlur;
import org.deqir.physics.degradation.MissingPixels;
import org.deqir.physics.degradation.PsfBlur;
import org.deqir.physics.degradation.Sequence;
import org.deqir.physics.degradation.UniformBlur;
import org.deqir.physics.degradation.WalshHadamardSensing;
import org.deqir.physics.optics.PsfStack;

/**
 * All kinds of {@link Degradation}, with examples of each. A new operator is tested by being listed
 * here: the operator suite runs over the examples.
 */
final class OperatorRegistry {

    /**
     * One kind of degradation.
     *
     * @param type the record that describes it
     * @param examples typical ones
     */
    record Kind(Class<? extends Degradation> type, List<Example> examples) {}

    /** A degradation that may depend on the size of the image, as a mask does. */
    @FunctionalInterface
    interface Example {
        /** The example for images of this size. */
        Degradation of(int height, int width);
    }

    private static final float[] ASYMMETRIC_PSF = {
        0.00f, 0.02f, 0.03f, 0.02f, 0.00f,
        0.02f, 0.06f, 0.60f, 0.08f, 0.03f,
        0.01f, 0.03f, 0.06f, 0.03f, 0.01f
    };

    private static final List<Kind> KINDS =
            List.of(
                    new Kind(Identity.class, always(new Identity())),
                    new Kind(
                            MissingPixels.class,
                            List.of((h, w) -> MissingPixels.random(h, w, 0.4, 7))),
                    new Kind(
                            Downsampling.class,
                            always(
                                    new Downsampling(2, Downsampling.Kernel.AVERAGE),
                                    new Downsampling(4, Downsampling.Kernel.AVERAGE),
                                    new Downsampling(2, Downsampling.Kernel.BICUBIC),
                                    new Downsampling(3, Downsampling.Kernel.BICUBIC),
                                    new Downsampling(4, Downsampling.Kernel.BICUBIC))),
                    new Kind(
                            GaussianBlur.class,
                            always(
                                    new GaussianBlur(0.5),
                                    new GaussianBlur(2, 2, Border.MIRRORED),
                                    new GaussianBlur(3, 0.8, Border.MIRRORED),
                                    new GaussianBlur(0.5, 0.4, Border.ZEROS))),
                    new Kind(
                            UniformBlur.class,
                            always(
                                    new UniformBlur(4, Border.MIRRORED),
                                    new UniformBlur(5, Border.MIRRORED),
                                    new UniformBlur(1.4),
                                    new UniformBlur(1.5, Border.ZEROS))),
                    new Kind(
                            KernelBlur.class,
                            always(
                                    new KernelBlur(10, 10, 5, Border.ZEROS),
                                    new KernelBlur(20, 1, 9, Border.ZEROS),
                                    KernelBlur.box(9, Border.ZEROS),
                                    KernelBlur.box(3, Border.MIRRORED))),
                    new Kind(
                            PsfBlur.class,
                            always(
                                    new PsfBlur(ASYMMETRIC_PSF, 5, 3, Border.UNKNOWN),
                                    new PsfBlur(ASYMMETRIC_PSF, 5, 3, Border.MIRRORED),
                                    new PsfBlur(ASYMMETRIC_PSF, 5, 3, Border.ZEROS))),
                    new Kind(
                            GreyProjection.class,
                            always(GreyProjection.MEAN, GreyProjection.LUMINANCE)),
                    new Kind(
                            WalshHadamardSensing.class,
                            always(
                                    new WalshHadamardSensing(0.5, 3),
                                    new WalshHadamardSensing(0.1, 4))),
                    new Kind(
                            BlockSensing.class,
                            always(new BlockSensing(0.5, 5, 8), new BlockSensing(0.25, 6, 5))),
                    new Kind(
                            Sequence.class,
                            List.of(
                                    (h, w) ->
                                            new Sequence(
                                                    new GaussianBlur(0.6, 0.6, Border.MIRRORED),
                                                    MissingPixels.random(h, w, 0.7, 8)))));

    private OperatorRegistry() {}

    /** All kinds. */
    static List<Kind> kinds() {
        return KINDS;
    }

    /** Examples of all kinds of degradations of volumes. */
    static List<VolumeDegradation> ofVolumes() {
        return List.of(
                new VolumeDegradation.Blur(PsfStack.of(asymmetricStack(), 5, 3, 3)),
                new VolumeDegradation.Blur(PsfStack.of(ASYMMETRIC_PSF, 5, 3, 1)),
                new VolumeDegradation.AxialReduction(2, true),
                new VolumeDegradation.AxialReduction(4, true),
                new VolumeDegradation.AxialReduction(3, false));
    }

    /** The plane PSF, weaker in front of the focus than behind it. */
    private static float[] asymmetricStack() {
        final float[] stack = new float[3 * ASYMMETRIC_PSF.length];
        final float[] weights = {0.1f, 1, 0.2f};
        for (int i = 0; i < stack.length; i++)
            stack[i] =
                    weights[i / ASYMMETRIC_PSF.length] * ASYMMETRIC_PSF[i % ASYMMETRIC_PSF.length];
        return stack;
    }

    private static List<Example> always(Degradation... degradations) {
        return List.of(degradations).stream()
                .map(degradation -> (Example) (height, width) -> degradation)
                .toList();
    }
}
