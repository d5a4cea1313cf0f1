/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import org.deqir.image.IntensityRange;
import org.deqir.image.Smoothing;
import org.deqir.image.Volume;
import org.deqir.physics.LinearOperator;
import org.deqir.physics.VolumeDegradation;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.physics.optics.PsfStack;
import org.deqir.progress.Progress;
import org.deqir.testing.WhitePrior;
import org.deqir.volume.WholeVolume;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class VolumeRestorerTest {

    private static final int WIDTH = 14;
    private static final int HEIGHT = 12;
    private static final int DEPTH = 8;
    private static final double RANGE = 1870;
    private static final NoiseModel CAMERA = new NoiseModel.PoissonGaussian(2, 100, 3);
    private static final NoiseModel WEAK_LIGHT = new NoiseModel.PoissonGaussian(8, 100, 20);
    private static final VolumeDegradation BLUR = new VolumeDegradation.Blur(gaussian(1));

    private final VolumeRestorer restorer = new VolumeRestorer(new WhitePrior(1, 0.5).prior());

    private static PsfStack gaussian(double sigma) {
        final float[] weights = new float[5 * 5 * 7];
        for (int i = 0; i < weights.length; i++) {
            final int x = i % 5 - 2;
            final int y = i / 5 % 5 - 2;
            final double z = 0.7 * (i / 25 - 3);
            weights[i] = (float) Math.exp(-0.5 * (x * x + y * y + z * z) / sigma / sigma);
        }
        return PsfStack.of(weights, 5, 5, 7);
    }

    /** Boxes of light on a dim ground, larger than the measured volume by the PSF's reach. */
    private static Volume truth(int depth, int height, int width) {
        final float[] samples = new float[depth * height * width];
        for (int i = 0; i < samples.length; i++) {
            final int x = i % width;
            final int y = i / width % height;
            final int z = i / width / height;
            final boolean box = x / 4 % 2 == 0 && y / 4 % 2 == 0 && z / 4 % 2 == 1;
            samples[i] = box ? 2000 : 130;
        }
        return new Volume(samples, width, height, depth);
    }

    /** A measurement of {@link #truth} and the part of it that was measured. */
    private record Example(Volume measured, Volume truth) {}

    private static Example example(VolumeDegradation degradation, NoiseModel noise) {
        return example(degradation, noise, DEPTH, HEIGHT, WIDTH);
    }

    private static Example example(
            VolumeDegradation degradation, NoiseModel noise, int slices, int rows, int columns) {
        final int depth = slices * degradation.scale();
        try (NDManager manager = NDManager.newBaseManager();
                LinearOperator operator = degradation.operator(manager, depth, rows, columns)) {
            final Shape shape = operator.imageShape();
            final Volume whole = truth((int) shape.get(0), (int) shape.get(1), (int) shape.get(2));
            final float[] blurred =
                    operator.apply(manager.create(whole.samples(), new Shape(1).addAll(shape)))
                            .toFloatArray();
            final int[] reach = degradation.reach();
            final float[] middle = new float[depth * rows * columns];
            for (int z = 0, i = 0; z < depth; z++)
                for (int y = 0; y < rows; y++)
                    for (int x = 0; x < columns; x++)
                        middle[i++] =
                                whole.samples()[
                                        ((z + reach[0]) * whole.height() + y + reach[1])
                                                        * whole.width()
                                                + x
                                                + reach[2]];
            return new Example(
                    new Volume(noise.simulate(blurred, 4), columns, rows, slices),
                    new Volume(middle, columns, rows, depth));
        }
    }

    private static double distance(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) sum += Math.pow((double) a[i] - b[i], 2);
        return Math.sqrt(sum / a.length);
    }

    @Test
    void deblursWhatItCouldNotSlicewise() {
        final Example example = example(BLUR, CAMERA);
        final float[] before = example.measured.samples().clone();
        final VolumeResult result =
                restorer.restore(example.measured, BLUR, CAMERA, Sampling.DEFAULT, Progress.NONE);
        assertArrayEquals(before, example.measured.samples());
        assertNull(result.standardDeviation());
        final double blurred = distance(before, example.truth.samples());
        final double restored = distance(result.restored().samples(), example.truth.samples());
        assertTrue(restored < 0.8 * blurred, restored + " of " + blurred);
        for (final float level : result.restored().samples()) assertTrue(level > 60, level + "");
        final RestorationReport report = result.report();
        assertTrue(report.chain().contains("Richardson-Lucy"), report.chain());
        assertTrue(report.chain().contains("xy, xz, yz in turn"), report.chain());
        assertTrue(report.chiSquare() > 0.3 && report.chiSquare() < 3, report.chiSquare() + "");
        final Cost cost = restorer.cost(WIDTH, HEIGHT, DEPTH, BLUR, Sampling.DEFAULT);
        assertEquals(cost.evaluations(), report.evaluations());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void findsSlicesBetweenSlices(boolean mean) {
        final VolumeDegradation coarse = new VolumeDegradation.AxialReduction(2, mean);
        final NoiseModel noise = new NoiseModel.Gaussian(20);
        final Example example = example(coarse, noise);
        final VolumeResult result =
                restorer.restore(example.measured, coarse, noise, Sampling.DEFAULT, Progress.NONE);
        final Volume restored = result.restored();
        assertEquals(2 * DEPTH, restored.depth());
        assertTrue(result.report().chain().contains("xz, yz in turn"), result.report().chain());
        // The last slice is white noise to this prior, which shrinks it a little.
        double sum = 0;
        final int plane = WIDTH * HEIGHT;
        for (int i = 0; i < example.measured.size(); i++) {
            final int fine = i / plane * 2 * plane + i % plane;
            final double first = restored.samples()[fine];
            final double second = restored.samples()[fine + plane];
            final double again = mean ? (first + second) / 2 : second;
            sum += Math.pow(again - example.measured.samples()[i], 2);
        }
        assertTrue(Math.sqrt(sum / example.measured.size()) < 60, sum + "");
    }

    @ParameterizedTest
    @EnumSource(names = {"FIDELITY", "SAMPLE"})
    void samplesTellASpread(Sampling.Mode mode) {
        final Example example = example(BLUR, CAMERA);
        final Sampling three = Sampling.DEFAULT.withMode(mode).withSamples(3).withSteps(3);
        final VolumeResult once =
                restorer.restore(example.measured, BLUR, CAMERA, three, Progress.NONE);
        final VolumeResult again =
                restorer.restore(example.measured, BLUR, CAMERA, three, Progress.NONE);
        assertArrayEquals(once.restored().samples(), again.restored().samples());
        double sum = 0;
        for (final float deviation : once.standardDeviation().samples()) sum += deviation;
        assertTrue(sum / once.restored().size() > 1, sum + "");
        final VolumeResult other =
                restorer.restore(example.measured, BLUR, CAMERA, three.withSeed(9), Progress.NONE);
        assertNotEquals(
                once.standardDeviation().samples()[77], other.standardDeviation().samples()[77]);
    }

    @Test
    void aParallelSolverGivesTheSame() {
        final Example example = example(BLUR, CAMERA);
        final Sampling sequential = Sampling.DEFAULT.withSolver(Sampling.SolverChoice.SEQUENTIAL);
        final Sampling parallel =
                Sampling.DEFAULT
                        .withSolver(Sampling.SolverChoice.PARALLEL)
                        .withIterations(6)
                        .withTolerance(1e-6);
        final float[] a =
                restorer.restore(example.measured, BLUR, CAMERA, sequential, Progress.NONE)
                        .restored()
                        .samples();
        final float[] b =
                restorer.restore(example.measured, BLUR, CAMERA, parallel, Progress.NONE)
                        .restored()
                        .samples();
        assertTrue(distance(a, b) < 0.5, distance(a, b) + " grey levels");
    }

    static List<Arguments> blockwise() {
        return List.of(
                Arguments.of(BLUR, WEAK_LIGHT, 1),
                Arguments.of(BLUR, WEAK_LIGHT, 2),
                Arguments.of(BLUR, new NoiseModel.Gaussian(30), 1),
                Arguments.of(new VolumeDegradation.AxialReduction(2, true), WEAK_LIGHT, 1),
                Arguments.of(
                        new VolumeDegradation.AxialReduction(2, false),
                        new NoiseModel.Gaussian(30),
                        1));
    }

    /** Like a network that fits, this prior changes little of what explains the measurement. */
    private static final WhitePrior NEARLY_FLAT = new WhitePrior(1, 5);

    /** Blocks differ by less than rounding shows, and no border of theirs is seen. */
    @ParameterizedTest
    @MethodSource("blockwise")
    void blocksGiveWhatTheWholeGives(VolumeDegradation degradation, NoiseModel noise, int samples) {
        final Volume measured = example(degradation, noise, 20, 36, 44).measured;
        final Sampling sampling = Sampling.DEFAULT.withSteps(3).withSamples(samples);
        final VolumeRestorer plenty = new VolumeRestorer(NEARLY_FLAT.prior());
        final VolumeResult whole =
                plenty.restore(measured, degradation, noise, sampling, Progress.NONE);
        final long memory = (long) (0.75 * plenty.cost(44, 36, 20, degradation, sampling).bytes());
        final VolumeRestorer scarce = new VolumeRestorer(NEARLY_FLAT.prior(), memory);
        assertTrue(scarce.cost(44, 36, 20, degradation, sampling).bytes() <= memory);
        final VolumeResult blocks =
                scarce.restore(measured, degradation, noise, sampling, Progress.NONE);
        assertFalse(whole.report().chain().contains("blocks"), whole.report().chain());
        assertTrue(blocks.report().chain().contains("blocks of"), blocks.report().chain());
        final double distance = distance(whole.restored().samples(), blocks.restored().samples());
        assertTrue(distance < 0.0015 * RANGE, distance + " grey levels");
        seamless(whole.restored(), blocks.restored(), 0);
        // Two samples are averaged over few voxels at the volume's own edge; blocks meet inside.
        if (samples > 1) seamless(whole.standardDeviation(), blocks.standardDeviation(), 1);
    }

    private static void seamless(Volume whole, Volume blocks, int outer) {
        final int[] steps = {1, whole.width(), whole.width() * whole.height()};
        final int[] sizes = {whole.width(), whole.height(), whole.depth()};
        double worst = 0;
        for (int axis = 0; axis < steps.length; axis++) {
            final double[] expected = gradients(whole, steps[axis], sizes[axis]);
            final double[] actual = gradients(blocks, steps[axis], sizes[axis]);
            for (int i = outer; i < expected.length - outer; i++)
                worst = Math.max(worst, actual[i] / expected[i]);
        }
        assertTrue(worst <= 1.01, "a gradient " + worst + " times as steep");
    }

    /** Mean steepness between neighbouring planes across an axis. */
    private static double[] gradients(Volume volume, int step, int size) {
        final double[] sums = new double[size - 1];
        for (int i = 0; i < volume.size(); i++) {
            final int place = i / step % size;
            if (place < size - 1)
                sums[place] += Math.abs(volume.samples()[i + step] - volume.samples()[i]);
        }
        return sums;
    }

    @ParameterizedTest
    @ValueSource(floats = {0, 137, -5})
    void aConstantVolumeStaysSo(float level) {
        final float[] samples = new float[WIDTH * HEIGHT * DEPTH];
        Arrays.fill(samples, level);
        final Volume flat = new Volume(samples, WIDTH, HEIGHT, DEPTH);
        for (final VolumeDegradation degradation :
                List.of(BLUR, new VolumeDegradation.AxialReduction(2, true))) {
            final VolumeResult result =
                    restorer.restore(
                            flat,
                            degradation,
                            new NoiseModel.None(),
                            Sampling.DEFAULT.withSamples(2),
                            Progress.NONE);
            for (final float value : result.restored().samples()) assertEquals(level, value);
            for (final float value : result.standardDeviation().samples()) assertEquals(0, value);
            assertEquals(DEPTH * degradation.scale(), result.restored().depth());
        }
    }

    @Test
    void stopsWhenAsked() {
        final Progress stop =
                new Progress() {
                    private int asked;

                    @Override
                    public void update(String stage, double fraction) {
                        assertTrue(fraction >= 0 && fraction <= 1);
                    }

                    @Override
                    public boolean isCanceled() {
                        return ++asked > 9;
                    }
                };
        final Volume measured = example(BLUR, CAMERA).measured;
        assertThrows(
                CancellationException.class,
                () -> restorer.restore(measured, BLUR, CAMERA, Sampling.DEFAULT, stop));
    }

    @Test
    void refusesWhatItCannotDo() {
        final float[] samples = new float[WIDTH * HEIGHT * DEPTH];
        samples[WIDTH * HEIGHT + 2 * WIDTH + 3] = Float.NaN;
        final Volume damaged = new Volume(samples, WIDTH, HEIGHT, DEPTH);
        refused(
                "x = 3, y = 2, z = 1",
                () -> restorer.restore(damaged, BLUR, CAMERA, Sampling.DEFAULT, Progress.NONE));
        refused(
                "published",
                () ->
                        restorer.restore(
                                example(BLUR, CAMERA).measured,
                                BLUR,
                                CAMERA,
                                Sampling.DEFAULT.withMode(Sampling.Mode.PUBLISHED),
                                Progress.NONE));
        refused("3 channels", () -> new VolumeRestorer(new WhitePrior(3, 1).prior()));
        refused("384 samples", () -> new Volume(new float[384], WIDTH, HEIGHT, DEPTH));
        refused("empty", () -> new Volume(new float[0], 0, 1, 1));
        refused("1 times", () -> new VolumeDegradation.AxialReduction(1, true));
        final Cost large = restorer.cost(100_000, 100_000, 99, BLUR, Sampling.DEFAULT);
        assertTrue(large.bytes() > 1e13, large.bytes() + " bytes");
    }

    private static void refused(String word, org.junit.jupiter.api.function.Executable code) {
        final String message = assertThrows(IllegalArgumentException.class, code).getMessage();
        assertTrue(message.contains(word), message);
    }

    /** Hot and dead voxels stay as they were, and their neighbours do not notice. */
    @Test
    void isolatedVoxelsDoNotTakePart() {
        final Volume measured = example(BLUR, WEAK_LIGHT).measured;
        final Volume hit = new Volume(measured.samples().clone(), WIDTH, HEIGHT, DEPTH);
        final int hot = (4 * HEIGHT + 6) * WIDTH + 7;
        hit.samples()[hot] = 60_000;
        final Sampling sampling = Sampling.DEFAULT.withSteps(2);
        final float[] expected =
                restorer.restore(measured, BLUR, WEAK_LIGHT, sampling, Progress.NONE)
                        .restored()
                        .samples();
        final VolumeResult result =
                restorer.restore(hit, BLUR, WEAK_LIGHT, sampling, Progress.NONE);
        final float[] restored = result.restored().samples();
        assertEquals(60_000, restored[hot]);
        assertTrue(result.report().noise().contains("1 isolated voxel"), result.report().noise());
        restored[hot] = expected[hot];
        assertTrue(distance(expected, restored) < 100, distance(expected, restored) + "");
        // In a whole that is brighter elsewhere, the same voxel is not out of range.
        final float[] brighter = measured.samples().clone();
        for (int i = 0; i < brighter.length / 2; i++) brighter[i] += 50_000;
        final WholeVolume whole =
                restorer.measure(
                        List.of(measured, new Volume(brighter, WIDTH, HEIGHT, DEPTH)),
                        BLUR,
                        WEAK_LIGHT,
                        sampling,
                        Progress.NONE);
        final String noise =
                restorer.restore(hit, BLUR, WEAK_LIGHT, sampling, whole, Progress.NONE)
                        .report()
                        .noise();
        assertFalse(noise.contains("isolated"), noise);
    }

    /** A small bright spot keeps its brightness: no quantile clips it. */
    @Test
    void theRangeHoldsThinBrightThings() {
        final float[] samples = new float[WIDTH * HEIGHT * DEPTH];
        final SplittableRandom random = new SplittableRandom(2);
        for (int i = 0; i < samples.length; i++) samples[i] = 100 + random.nextInt(8);
        final int spot = (4 * HEIGHT + 6) * WIDTH + 7;
        // Seen by optics, with a standard deviation of 0.8 pixels: no cluster of hot pixels.
        for (int y = -2; y <= 2; y++)
            for (int x = -2; x <= 2; x++)
                samples[spot + y * WIDTH + x] +=
                        (float) (4900 * Math.exp(-(x * x + y * y) / (2 * 0.8 * 0.8)));
        final PsfStack point = PsfStack.of(new float[] {1}, 1, 1, 1);
        final Volume restored =
                restorer.restore(
                                new Volume(samples, WIDTH, HEIGHT, DEPTH),
                                new VolumeDegradation.Blur(point),
                                new NoiseModel.PoissonGaussian(1, 100, 2),
                                Sampling.DEFAULT,
                                Progress.NONE)
                        .restored();
        assertTrue(restored.samples()[spot] > 3000, "" + restored.samples()[spot]);
        assertTrue(restored.samples()[spot] != samples[spot], "restored, not put back");
    }

    /** Deblurred points rise above the measured ones: the prior must not cut what they gain. */
    @Test
    void theRangeHoldsSharpenedPoints() {
        final int edge = 24;
        final int depth = 12;
        final float[] points = new float[edge * edge * depth];
        for (int i = 0; i < points.length; i++) {
            final double x = i % edge % 12 - 6;
            final double y = i / edge % edge % 12 - 6;
            final double z = i / (edge * edge) - 6;
            points[i] = (float) (100 + 4000 * Math.exp(-(x * x + y * y + z * z) / 2));
        }
        final float[] blurred =
                Smoothing.gaussian(new Volume(points, edge, edge, depth), 1).samples();
        final IntensityRange range =
                restorer.measure(
                                List.of(new Volume(CAMERA.simulate(blurred, 3), edge, edge, depth)),
                                BLUR,
                                CAMERA,
                                Sampling.DEFAULT,
                                Progress.NONE)
                        .range();
        assertTrue(range.high() > 4100, "" + range);
    }

    private static Volume part(Volume volume, int z, int x, int depth, int width) {
        final float[] samples = new float[depth * volume.height() * width];
        for (int i = 0; i < samples.length; i++)
            samples[i] =
                    volume.samples()[
                            (z * volume.height() + i / width) * volume.width() + x + i % width];
        return new Volume(samples, width, volume.height(), depth);
    }

    static java.util.stream.Stream<Arguments> blocks() {
        return java.util.stream.Stream.of(
                Arguments.of(BLUR, CAMERA),
                Arguments.of(BLUR, new NoiseModel.Gaussian(20)),
                Arguments.of(new VolumeDegradation.AxialReduction(2, true), CAMERA));
    }

    /** With what was measured on all of it, the whole is what it is without, and so is a block. */
    @ParameterizedTest
    @MethodSource("blocks")
    void blocksTakeOverWhatIsMeasuredOnTheWhole(VolumeDegradation degradation, NoiseModel noise) {
        final Volume measured =
                example(degradation, noise, 2 * DEPTH, HEIGHT, 3 * WIDTH).measured();
        final Sampling sampling = Sampling.DEFAULT.withSeed(1);
        final WholeVolume whole =
                restorer.measure(List.of(measured), degradation, noise, sampling, Progress.NONE);
        final Volume alone =
                restorer.restore(measured, degradation, noise, sampling, Progress.NONE).restored();
        final Volume same =
                restorer.restore(measured, degradation, noise, sampling, whole, Progress.NONE)
                        .restored();
        assertArrayEquals(alone.samples(), same.samples());
        final int scale = degradation.scale();
        // Slices are cut off only where a slice knows nothing of others: the volume is thin.
        final int cut = scale > 1 ? DEPTH / 2 : 0;
        final Volume block =
                restorer.restore(
                                part(measured, cut, WIDTH, 2 * DEPTH - cut, 2 * WIDTH),
                                degradation,
                                noise,
                                sampling,
                                whole.at(cut, 0, WIDTH),
                                Progress.NONE)
                        .restored();
        final int depth = DEPTH * scale;
        final float[] expected = part(alone, depth, 2 * WIDTH, depth, WIDTH).samples();
        final float[] found = part(block, depth - cut * scale, WIDTH, depth, WIDTH).samples();
        final double off = distance(expected, found) / RANGE;
        // Conjugate gradients, which camera noise needs, stop after a few iterations.
        assertTrue(off < (noise.equals(CAMERA) ? 0.008 : 0.003), "rms " + off);
    }
}
