/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.deqir.physics.degradation.BlockSensing;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.GreyProjection;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.degradation.MissingPixels;
import org.deqir.physics.degradation.PsfBlur;
import org.deqir.physics.degradation.Sequence;
import org.deqir.physics.degradation.UniformBlur;
import org.deqir.physics.degradation.WalshHadamardSensing;
import org.deqir.physics.operator.BlockAverageOperator;
import org.deqir.physics.operator.CompositeOperator;
import org.deqir.physics.operator.IdentityOperator;
import org.deqir.physics.operator.MaskOperator;
import org.deqir.physics.operator.PsfOperator;
import org.deqir.physics.operator.sensing.WalshHadamardOperator;
import org.deqir.physics.optics.GaussianPsf;
import org.deqir.physics.optics.PointSpreadFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What each operator computes, where the suite over all operators cannot know it. */
class OperatorDetailsTest {

    private static final float[] PSF = {
        0.01f, 0.02f, 0.03f, 0.04f, 0.05f,
        0.06f, 0.07f, 0.30f, 0.09f, 0.10f,
        0.11f, 0.02f, 0.05f, 0.04f, 0.01f
    };
    private static final int PSF_WIDTH = 5;
    private static final int PSF_HEIGHT = 3;

    private NDManager manager;

    @BeforeEach
    void openManager() {
        manager = NDManager.newBaseManager();
        manager.getEngine().setRandomSeed(2);
    }

    @AfterEach
    void closeManager() {
        manager.close();
    }

    @Test
    void aPointBecomesThePsfItself() {
        final LinearOperator blur =
                new PsfBlur(PSF, PSF_WIDTH, PSF_HEIGHT, Border.MIRRORED)
                        .operator(manager, 1, 9, 11);
        final float[] point = new float[9 * 11];
        point[4 * 11 + 5] = 1;
        final float[] image =
                blur.apply(manager.create(point, new Shape(1, 1, 9, 11))).toFloatArray();
        for (int row = 0; row < PSF_HEIGHT; row++)
            for (int column = 0; column < PSF_WIDTH; column++)
                assertEquals(
                        PSF[row * PSF_WIDTH + column],
                        image[(row + 4 - PSF_HEIGHT / 2) * 11 + column + 5 - PSF_WIDTH / 2],
                        1e-6);
    }

    @ParameterizedTest
    @CsvSource({
        "UNKNOWN, 13, 7",
        "MIRRORED, 13, 7",
        "MIRRORED, 3, 4",
        "UNKNOWN, 1, 2",
        "ZEROS, 13, 7",
        "ZEROS, 1, 2"
    })
    void psfBlurIsTheConvolutionSum(Border border, int height, int width) {
        final LinearOperator blur =
                new PsfBlur(PSF, PSF_WIDTH, PSF_HEIGHT, border).operator(manager, 2, height, width);
        final boolean unknown = border == Border.UNKNOWN;
        final int marginY = unknown ? PSF_HEIGHT / 2 : 0;
        final int marginX = unknown ? PSF_WIDTH / 2 : 0;
        final int imageHeight = height + 2 * marginY;
        final int imageWidth = width + 2 * marginX;
        assertEquals(new Shape(2, imageHeight, imageWidth), blur.imageShape());
        final NDArray x = manager.randomNormal(new Shape(2, 2, imageHeight, imageWidth));
        final float[] image = x.get("1, 1").toFloatArray();
        final float[] blurred = blur.apply(x).get("1, 1").toFloatArray();
        for (int row = 0; row < height; row++)
            for (int column = 0; column < width; column++) {
                double sum = 0;
                for (int dy = -PSF_HEIGHT / 2; dy <= PSF_HEIGHT / 2; dy++)
                    for (int dx = -PSF_WIDTH / 2; dx <= PSF_WIDTH / 2; dx++) {
                        final int y = row + marginY - dy;
                        final int x0 = column + marginX - dx;
                        if (border == Border.ZEROS
                                && (y < 0 || y >= imageHeight || x0 < 0 || x0 >= imageWidth))
                            continue;
                        sum +=
                                PSF[(dy + PSF_HEIGHT / 2) * PSF_WIDTH + dx + PSF_WIDTH / 2]
                                        * image[
                                                mirrored(y, imageHeight) * imageWidth
                                                        + mirrored(x0, imageWidth)];
                    }
                assertEquals(sum, blurred[row * width + column], 1e-5);
            }
    }

    /** A blur by two filters is the one by their product as a PSF, whatever lies outside. */
    @ParameterizedTest
    @EnumSource(Border.class)
    void everyBlurIsAConvolutionWithTheBorderAskedFor(Border border) {
        final float[] box = new float[25];
        for (int i = 0; i < box.length; i++)
            box[i] = (i % 5 % 4 == 0 ? 0.125f : 0.25f) * (i / 5 % 4 == 0 ? 0.125f : 0.25f);
        final PointSpreadFunction gaussian = GaussianPsf.of(1.25, 0.75);
        final LinearOperator[][] pairs = {
            {
                new UniformBlur(4, border).operator(manager, 1, 12, 14),
                new PsfBlur(box, 5, 5, border).operator(manager, 1, 12, 14)
            },
            {
                new GaussianBlur(1.25, 0.75, border).operator(manager, 1, 12, 14),
                new PsfBlur(gaussian.values(), gaussian.width(), gaussian.height(), border)
                        .operator(manager, 1, 12, 14)
            }
        };
        for (final LinearOperator[] pair : pairs) {
            assertEquals(pair[1].imageShape(), pair[0].imageShape());
            final NDArray x = manager.randomNormal(new Shape(1).addAll(pair[0].imageShape()));
            assertArrayEquals(
                    pair[1].apply(x).toFloatArray(), pair[0].apply(x).toFloatArray(), 1e-4f);
        }
    }

    @Test
    void whatLiesOutsideTheFieldIsCutOffAroundItsMiddle() {
        final NDArray enlarged = manager.arange(35f).reshape(1, 1, 5, 7);
        assertArrayEquals(
                new float[] {9, 10, 11, 16, 17, 18, 23, 24, 25},
                Degradation.cropToField(enlarged, 3, 3).toFloatArray());
        assertThrows(IllegalArgumentException.class, () -> Degradation.cropToField(enlarged, 7, 3));
    }

    @Test
    void anisotropicBlurIsWiderAlongTheGivenAxis() {
        final LinearOperator blur =
                new GaussianBlur(3, 0.5, Border.MIRRORED).operator(manager, 1, 31, 31);
        final float[] point = new float[31 * 31];
        point[15 * 31 + 15] = 1;
        final float[] image =
                blur.apply(manager.create(point, new Shape(1, 1, 31, 31))).toFloatArray();
        double alongX = 0;
        double alongY = 0;
        for (int i = 0; i < image.length; i++) {
            alongX += image[i] * Math.pow(i % 31 - 15, 2);
            alongY += image[i] * Math.pow(i / 31 - 15, 2);
        }
        assertEquals(9, alongX, 0.05);
        assertEquals(0.25, alongY, 0.05);
    }

    @Test
    void aPointOfAConstantImageStaysConstantUnderEveryBlurAndDownsampling() {
        final NDArray flat = manager.ones(new Shape(1, 1, 24, 12)).mul(0.7f);
        for (final Degradation degradation :
                List.of(
                        new GaussianBlur(2.5, 1, Border.MIRRORED),
                        new UniformBlur(6, Border.MIRRORED),
                        new Downsampling(3, Downsampling.Kernel.BICUBIC),
                        new Downsampling(4, Downsampling.Kernel.AVERAGE)))
            for (final float value :
                    degradation.operator(manager, 1, 24, 12).apply(flat).toFloatArray())
                assertEquals(0.7f, value, 1e-6, degradation.describe());
    }

    @Test
    void walshHadamardFollowsTheDefinition() {
        final int[] natural = {0, 1, 2, 3, 4, 5, 6, 7};
        final LinearOperator sensing =
                new WalshHadamardOperator(manager, 1, 2, 4, natural, natural, 8);
        final NDArray x = manager.randomNormal(new Shape(1, 1, 2, 4));
        final float[] pixels = x.toFloatArray();
        final float[] coefficients = sensing.apply(x).toFloatArray();
        for (int k = 0; k < 8; k++) {
            double sum = 0;
            for (int i = 0; i < 8; i++)
                sum += (Integer.bitCount(i & k) % 2 == 0 ? 1 : -1) * pixels[i];
            assertEquals(sum / Math.sqrt(8), coefficients[k], 1e-5);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "5, 7, 0.3", "64, 96, 0.02", "128, 64, 0.5"})
    void walshHadamardMeasuresTheBrightnessAndTheAskedShare(int height, int width, double ratio) {
        final Degradation sensing = new WalshHadamardSensing(ratio, 12);
        final LinearOperator a = sensing.operator(manager, 1, height, width);
        final long measured = a.measurementShape().get(1);
        assertEquals(Math.max(1, Math.round(ratio * height * width)), measured);
        final NDArray flat = manager.ones(new Shape(1, 1, height, width));
        assertTrue(
                a.pseudoInverse(a.apply(flat)).sub(flat).norm().getFloat()
                        < 0.4 * flat.norm().getFloat());
        final NDArray x = manager.randomNormal(new Shape(1, 1, height, width));
        final float[] y = a.apply(x).toFloatArray();
        assertArrayEquals(y, sensing.operator(manager, 1, height, width).apply(x).toFloatArray());
        if (height * width > 1)
            assertFalse(
                    Arrays.equals(
                            y,
                            new WalshHadamardSensing(ratio, 13)
                                    .operator(manager, 1, height, width)
                                    .apply(x)
                                    .toFloatArray()));
    }

    @Test
    void blockSensingMeasuresEachBlockForItself() {
        final LinearOperator a = new BlockSensing(0.5, 3, 4).operator(manager, 1, 8, 10);
        // Four full blocks with 8 of 16, two at the right edge with 4 of 8.
        assertEquals(new Shape(1, 4 * 8 + 2 * 4), a.measurementShape());
        final float[] point = new float[80];
        point[5 * 10 + 6] = 1;
        final float[] y = a.apply(manager.create(point, new Shape(1, 1, 8, 10))).toFloatArray();
        for (int i = 0; i < y.length; i++) assertEquals(i / 8 == 3, y[i] != 0, "entry " + i);
    }

    @Test
    void aMaskMayDifferBetweenChannels() {
        final boolean[] known = {true, false, false, true, true, true};
        final LinearOperator mask = new MaskOperator(manager, 3, 1, 2, known);
        final NDArray x = manager.create(new float[] {1, 2, 3, 4, 5, 6}, new Shape(1, 3, 1, 2));
        assertArrayEquals(new float[] {1, 0, 0, 4, 5, 6}, mask.apply(x).toFloatArray());
    }

    @Test
    void aSequenceAppliesBothAndMultipliesTheirScales() {
        final Degradation sequence =
                new Sequence(
                        new GaussianBlur(1, 1, Border.MIRRORED),
                        new Downsampling(2, Downsampling.Kernel.AVERAGE));
        assertEquals(2, sequence.scale());
        final NDArray x = manager.randomNormal(new Shape(1, 1, 8, 6));
        final NDArray expected =
                new BlockAverageOperator(manager, 1, 8, 6, 2)
                        .apply(
                                new GaussianBlur(1, 1, Border.MIRRORED)
                                        .operator(manager, 1, 8, 6)
                                        .apply(x));
        assertArrayEquals(
                expected.toFloatArray(),
                sequence.operator(manager, 1, 8, 6).apply(x).toFloatArray(),
                1e-6f);
    }

    @Test
    void aBlurWithUnknownBordersIsSimulatedWithMirroredOnes() {
        assertEquals(
                new GaussianBlur(2, 1, Border.MIRRORED), new GaussianBlur(2, 1).forSimulation());
        assertEquals(
                new UniformBlur(3, Border.ZEROS), new UniformBlur(3, Border.ZEROS).forSimulation());
        final PsfBlur blur = new PsfBlur(PSF, PSF_WIDTH, PSF_HEIGHT, Border.UNKNOWN);
        assertEquals(
                new PsfBlur(PSF, PSF_WIDTH, PSF_HEIGHT, Border.MIRRORED), blur.forSimulation());
        assertEquals(new Identity(), new Identity().forSimulation());
    }

    @Test
    void threadsMayShareAnOperator() throws InterruptedException, ExecutionException {
        final LinearOperator a =
                new Sequence(
                                new GaussianBlur(1, 1, Border.MIRRORED),
                                MissingPixels.random(16, 12, 0.5, 1))
                        .operator(manager, 1, 16, 12);
        final NDArray x = manager.randomNormal(new Shape(2, 1, 16, 12));
        final float[] expected = a.apply(x).toFloatArray();
        final ExecutorService pool = Executors.newFixedThreadPool(4);
        try {
            final List<Future<float[]>> results = new ArrayList<>();
            for (int i = 0; i < 40; i++)
                results.add(
                        pool.submit(
                                () -> {
                                    try (NDArray y = a.apply(x)) {
                                        return y.toFloatArray();
                                    }
                                }));
            for (final Future<float[]> result : results) assertArrayEquals(expected, result.get());
        } finally {
            pool.shutdown();
        }
    }

    /** Something that must be refused, with a word that its message must contain. */
    record Refused(String named, Function<NDManager, ?> call) {

        @Override
        public String toString() {
            return named;
        }
    }

    static List<Refused> refusals() {
        final boolean[] none = new boolean[12];
        final int[] order = {0, 1, 1, 2};
        final int[] natural = {0, 1, 2, 3};
        final Downsampling average = new Downsampling(2, Downsampling.Kernel.AVERAGE);
        final Downsampling bicubic = new Downsampling(3, Downsampling.Kernel.BICUBIC);
        return List.of(
                new Refused("0 × 4", parent -> new IdentityOperator(parent, 1, 4, 0)),
                new Refused("-2", parent -> new WalshHadamardOperator(parent, 1, 4, -2, 0.5, 1)),
                new Refused("knows no pixel", parent -> new MaskOperator(parent, 1, 3, 4, none)),
                new Refused("12 pixels", parent -> new MaskOperator(parent, 1, 3, 5, none)),
                new Refused("3 × 5", parent -> new MissingPixels(none, 5, 3)),
                new Refused(
                        "4 × 3", parent -> new MissingPixels(none, 3, 4).operator(parent, 1, 4, 3)),
                new Refused("7 × 8", parent -> average.operator(parent, 1, 8, 7)),
                new Refused("width of 8", parent -> bicubic.operator(parent, 1, 9, 8)),
                new Refused("9", parent -> new Downsampling(9, Downsampling.Kernel.AVERAGE)),
                new Refused(
                        "border=mirrored",
                        parent -> new GaussianBlur(1000).operator(parent, 1, 32, 32)),
                new Refused("-0.5", parent -> new GaussianBlur(-0.5)),
                new Refused("odd", parent -> new PsfBlur(new float[4], 2, 2, Border.UNKNOWN)),
                new Refused(
                        "3 values", parent -> new PsfOperator(parent, 1, 4, 4, new float[3], 3, 3)),
                new Refused(
                        "NaN",
                        parent -> new PsfOperator(parent, 1, 4, 4, new float[] {Float.NaN}, 1, 1)),
                new Refused(
                        "must not exceed",
                        parent ->
                                new PsfBlur(new float[81], 9, 9, Border.MIRRORED)
                                        .operator(parent, 1, 3, 9)),
                new Refused("not 1", parent -> GreyProjection.MEAN.operator(parent, 1, 4, 4)),
                new Refused("not all 0", parent -> new GreyProjection(0, 0, 0)),
                new Refused("1.5", parent -> new WalshHadamardSensing(1.5, 1)),
                new Refused(
                        "occurs twice",
                        parent -> new WalshHadamardOperator(parent, 1, 2, 2, natural, order, 2)),
                new Refused(
                        "Number",
                        parent -> new WalshHadamardOperator(parent, 1, 2, 2, natural, natural, 5)),
                new Refused("Block size 33", parent -> new BlockSensing(0.5, 1, 33)),
                new Refused(
                        "no image",
                        parent -> new Sequence(new BlockSensing(0.5, 1, 8), new Identity())),
                new Refused(
                        "yields",
                        parent ->
                                new CompositeOperator(
                                        parent,
                                        new IdentityOperator(parent, 1, 4, 4),
                                        new BlockAverageOperator(parent, 1, 4, 4, 2))));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void whatDoesNotFitIsRefusedByName(Refused refused) {
        final var refusal =
                assertThrows(IllegalArgumentException.class, () -> refused.call().apply(manager));
        assertTrue(refusal.getMessage().contains(refused.named()), refusal.getMessage());
    }

    private static int mirrored(int index, int length) {
        final int inPeriod = Math.floorMod(index, 2 * length);
        return inPeriod < length ? inPeriod : 2 * length - 1 - inPeriod;
    }
}
