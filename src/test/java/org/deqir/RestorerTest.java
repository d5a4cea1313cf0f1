/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import java.util.stream.Stream;
import net.imglib2.img.Img;
import net.imglib2.img.array.ArrayImgs;
import net.imglib2.type.numeric.integer.UnsignedShortType;
import org.deqir.diffusion.CallLimits;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.diffusion.ForwardingNoisePredictor;
import org.deqir.diffusion.NoisePredictor;
import org.deqir.image.IntensityLimits;
import org.deqir.image.Plane;
import org.deqir.image.Planes;
import org.deqir.physics.Border;
import org.deqir.physics.Degradation;
import org.deqir.physics.degradation.Downsampling;
import org.deqir.physics.degradation.GaussianBlur;
import org.deqir.physics.degradation.GreyProjection;
import org.deqir.physics.degradation.Identity;
import org.deqir.physics.degradation.MissingPixels;
import org.deqir.physics.noise.NoiseModel;
import org.deqir.progress.Progress;
import org.deqir.restoration.Memory;
import org.deqir.testing.WhitePrior;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("slow")
class RestorerTest {

    private static final int WIDTH = 24;
    private static final int HEIGHT = 16;
    private static final int OUTLIER = 8 * WIDTH + 19;

    private final WhitePrior grey = new WhitePrior(1, 0.5);
    private final Restorer restorer = new Restorer(grey.prior());

    /** A ramp with a bright square, with or without noise. */
    private static Plane image(int channels, double noise) {
        final SplittableRandom random = new SplittableRandom(5);
        final float[][] samples = new float[channels][WIDTH * HEIGHT];
        for (final float[] channel : samples)
            for (int i = 0; i < channel.length; i++) {
                final int x = i % WIDTH;
                final int y = i / WIDTH;
                final double square = x > 8 && x < 16 && y > 4 && y < 11 ? 400 : 0;
                channel[i] = (float) (1000 + 5 * x + square + noise * random.nextGaussian());
            }
        return new Plane(samples, WIDTH, HEIGHT);
    }

    private static Degradation missing(boolean... firstAreMissing) {
        final boolean[] known = new boolean[WIDTH * HEIGHT];
        Arrays.fill(known, true);
        for (int i = 0; i < firstAreMissing.length; i++) known[i] = !firstAreMissing[i];
        return new MissingPixels(known, HEIGHT, WIDTH);
    }

    @Test
    void denoisingIsNotTheIdentity() {
        final Plane noisy = image(1, 30);
        final RestorationResult result =
                restorer.restore(
                        noisy,
                        new Restoration(new Identity(), new NoiseModel.Gaussian(30)),
                        Progress.NONE);
        double change = 0;
        for (int i = 0; i < noisy.size(); i++)
            change += Math.abs(result.restored().channels()[0][i] - noisy.channels()[0][i]);
        assertTrue(change / noisy.size() > 1, "mean change " + change / noisy.size());
        assertEquals(1, result.report().evaluations());
        assertNull(result.standardDeviation());
    }

    private static Stream<Restoration> tasks() {
        final boolean[] known = new boolean[WIDTH * HEIGHT];
        for (int i = 0; i < known.length; i++) known[i] = i % 6 != 0;
        return Stream.of(
                        new Identity(),
                        new GaussianBlur(1),
                        new Downsampling(2, Downsampling.Kernel.AVERAGE),
                        new MissingPixels(known, HEIGHT, WIDTH))
                .map(degradation -> new Restoration(degradation, new NoiseModel.Gaussian(5)));
    }

    /** Tasks with what is hot: single pixels, and three side by side where all pixels are known. */
    private static Stream<Arguments> spoiltTasks() {
        final Random random = new Random(6);
        final boolean[] few = new boolean[WIDTH * HEIGHT];
        for (int i = 0; i < few.length; i++) few[i] = random.nextDouble() < 0.3;
        few[OUTLIER] = true;
        final Restoration ofFew =
                new Restoration(new MissingPixels(few, HEIGHT, WIDTH), new NoiseModel.Gaussian(5));
        return Stream.of(
                        tasks().map(task -> Arguments.of(task, new int[] {OUTLIER})),
                        Stream.of(Arguments.of(ofFew, new int[] {OUTLIER})),
                        tasks().filter(task -> task.degradation().missing() == null)
                                .map(
                                        task ->
                                                Arguments.of(
                                                        task,
                                                        new int[] {
                                                            OUTLIER, OUTLIER + 1, OUTLIER + WIDTH
                                                        })))
                .flatMap(Function.identity());
    }

    /** The outlier itself comes back as it was measured; pixels far from it do not know of it. */
    @ParameterizedTest
    @MethodSource("spoiltTasks")
    void outliersHarmNoOtherPixel(Restoration restoration, int[] outliers) {
        final Plane usual = image(1, 5);
        final Plane spoilt = usual.copy();
        for (final int outlier : outliers) spoilt.channels()[0][outlier] = 65535;
        final Plane without = restorer.restore(usual, restoration, Progress.NONE).restored();
        final RestorationResult result = restorer.restore(spoilt, restoration, Progress.NONE);
        final Plane with = result.restored();
        final int scale = restoration.degradation().scale();
        double squares = 0;
        int count = 0;
        for (int y = 0; y < with.height(); y++)
            for (int x = 0; x < with.width(); x++) {
                final int i = y * with.width() + x;
                final double distance = Math.hypot(x / scale - 19, y / scale - 8);
                if (distance <= 5) continue;
                final double difference = (double) without.channels()[0][i] - with.channels()[0][i];
                // A blur's range follows the pixel that takes the outlier's place.
                assertEquals(0, difference, 10, x + ", " + y);
                squares += difference * difference;
                count++;
            }
        assertTrue(Math.sqrt(squares / count) < 2.5, Math.sqrt(squares / count) + " of noise 5");
        final int back = (8 * with.width() + 19) * scale;
        assertEquals(65535, with.channels()[0][back], 100);
        final String told = outliers.length + " isolated pixel";
        assertTrue(result.report().noise().contains(told), result.report().noise());
    }

    /** With one level, too, the answer explains the measurement. */
    @Test
    void aChainOfOneLevelHasItsDataStep() {
        final Degradation blur = new GaussianBlur(1.5);
        final Plane truth = image(1, 0);
        final NoiseModel noise = new NoiseModel.Gaussian(5);
        final RestorationReport report =
                restorer.restore(
                                Simulation.measure(truth, blur, noise, 1),
                                new Restoration(blur, noise, Sampling.DEFAULT.withSteps(1)),
                                Progress.NONE)
                        .report();
        assertTrue(report.chiSquare() < 3, "chi-square " + report.chiSquare());
    }

    /** The noise is stronger than the first level that four-fold super-resolution starts from. */
    @Test
    void strongNoiseLeavesTheChainLevelsToGo() {
        final RestorationResult result =
                restorer.restore(
                        image(1, 200),
                        new Restoration(
                                new Downsampling(4, Downsampling.Kernel.AVERAGE),
                                new NoiseModel.Gaussian(200)),
                        Progress.NONE);
        assertEquals(12, result.report().evaluations());
    }

    @Test
    void denoisingIsOneCallWhateverTheSteps() {
        final RestorationResult result =
                restorer.restore(
                        image(1, 30),
                        new Restoration(
                                new Identity(),
                                new NoiseModel.Gaussian(30),
                                Sampling.DEFAULT.withSteps(2)),
                        Progress.NONE);
        assertEquals(1, result.report().evaluations());
    }

    @Test
    void withoutNoiseTheMeasurementIsTheAnswer() {
        final Plane exact = image(1, 0);
        final RestorationResult result =
                restorer.restore(
                        exact,
                        new Restoration(new Identity(), new NoiseModel.None()),
                        Progress.NONE);
        assertArrayEquals(exact.channels()[0], result.restored().channels()[0], 1e-5f);
    }

    @Test
    void grayLevelsDoNotMatter() {
        final Plane one = image(1, 30);
        final Plane scaled = one.copy();
        for (int i = 0; i < scaled.size(); i++)
            scaled.channels()[0][i] = -0.5f * 1e-3f + 1e-3f * one.channels()[0][i];
        final Degradation identity = new Identity();
        final float[] first =
                restorer.restore(
                                one,
                                new Restoration(identity, new NoiseModel.Gaussian(30)),
                                Progress.NONE)
                        .restored()
                        .channels()[0];
        final float[] second =
                restorer.restore(
                                scaled,
                                new Restoration(identity, new NoiseModel.Gaussian(0.03)),
                                Progress.NONE)
                        .restored()
                        .channels()[0];
        for (int i = 0; i < first.length; i++)
            assertEquals(first[i], 1000 * (second[i] + 0.5e-3), 2e-2);
    }

    @Test
    void knownPixelsComeBackToTheLastBit() {
        final Plane measured = image(1, 0);
        final boolean[] gone = new boolean[40];
        Arrays.fill(gone, true);
        for (int i = 0; i < gone.length; i++) measured.channels()[0][i] = Float.NaN;
        final float[] restored =
                restorer.restore(
                                measured,
                                new Restoration(missing(gone), new NoiseModel.None()),
                                Progress.NONE)
                        .restored()
                        .channels()[0];
        for (int i = 0; i < restored.length; i++)
            if (i < gone.length) assertTrue(Float.isFinite(restored[i]));
            else assertEquals(measured.channels()[0][i], restored[i]);
    }

    @ParameterizedTest
    @EnumSource(Sampling.SolverChoice.class)
    void everySolverGivesTheSameImage(Sampling.SolverChoice solver) {
        final Plane measured = image(1, 10);
        final Degradation blur = new GaussianBlur(1.5);
        final NoiseModel noise = new NoiseModel.Gaussian(10);
        final float[] sequential =
                restorer.restore(measured, new Restoration(blur, noise), Progress.NONE)
                        .restored()
                        .channels()[0];
        final RestorationResult other =
                restorer.restore(
                        measured,
                        new Restoration(
                                blur,
                                noise,
                                Sampling.DEFAULT.withSolver(solver).withTolerance(1e-6)),
                        Progress.NONE);
        assertArrayEquals(sequential, other.restored().channels()[0], 0.05f);
        assertTrue(other.report().converged());
    }

    @Test
    void samplesHaveASpreadInGreyLevelsAndDependOnTheSeedAlone() {
        final Plane measured = image(1, 30);
        final Sampling three =
                Sampling.DEFAULT.withMode(Sampling.Mode.SAMPLE).withSamples(3).withSteps(5);
        final Restoration restoration =
                new Restoration(new Identity(), new NoiseModel.Gaussian(30), three);
        final RestorationResult first = restorer.restore(measured, restoration, Progress.NONE);
        final RestorationResult again = restorer.restore(measured, restoration, Progress.NONE);
        assertArrayEquals(first.restored().channels()[0], again.restored().channels()[0]);
        assertNotNull(first.standardDeviation());
        double spread = 0;
        for (final float deviation : first.standardDeviation().channels()[0]) {
            assertTrue(deviation >= 0);
            spread += deviation / first.standardDeviation().size();
        }
        assertTrue(spread > 1 && spread < 100, "mean spread " + spread);
        final RestorationResult other =
                restorer.restore(
                        measured,
                        new Restoration(
                                restoration.degradation(), restoration.noise(), three.withSeed(9)),
                        Progress.NONE);
        assertTrue(!Arrays.equals(first.restored().channels()[0], other.restored().channels()[0]));
    }

    /** Slices, channels and frames must not look colocalised because of equal random numbers. */
    @Test
    void samplesOfOtherPlanesHaveIndependentNoise() {
        final Plane measured = image(1, 30);
        final Sampling one = Sampling.DEFAULT.withMode(Sampling.Mode.SAMPLE).withSteps(5);
        final List<float[]> samples = new ArrayList<>();
        for (final Sampling sampling :
                List.of(one, one.ofPlane(1, 0, 0), one.ofPlane(0, 1, 0), one.ofPlane(0, 0, 1)))
            samples.add(sample(measured, sampling, false));
        assertArrayEquals(samples.get(0), sample(measured, one.ofPlane(0, 0, 0), false));
        final float[] middle = sample(measured, one, true);
        for (int a = 0; a < samples.size(); a++)
            for (int b = 0; b < a; b++) {
                final double correlation = correlation(samples.get(a), samples.get(b), middle);
                assertTrue(Math.abs(correlation) < 0.1, a + ", " + b + ": " + correlation);
            }
    }

    @Test
    void samplesThatAgreeByChanceMakeNoPixelCertain() {
        final float[] deviation =
                restorer.restore(
                                image(1, 5),
                                new Restoration(
                                        new GaussianBlur(1),
                                        new NoiseModel.Gaussian(5),
                                        Sampling.DEFAULT.withSamples(2)),
                                Progress.NONE)
                        .standardDeviation()
                        .channels()[0];
        float least = Float.MAX_VALUE;
        double mean = 0;
        for (final float one : deviation) {
            least = Math.min(least, one);
            mean += one / deviation.length;
        }
        assertTrue(least > 0.05 * mean, least + " where the mean is " + mean);
    }

    /**
     * What was clipped is estimated in two runs more, in the result and in each of the four that
     * tell its deviation.
     */
    @ParameterizedTest
    @EnumSource(
            value = Sampling.Mode.class,
            names = {"FIDELITY", "SAMPLE"})
    void theDeviationOfAClippedImageIsThatOfClippedNoise(Sampling.Mode mode) {
        final Plane clipped = image(1, 30);
        for (int i = 0; i < clipped.size(); i++)
            clipped.channels()[0][i] = Math.min(1050, clipped.channels()[0][i]);
        final Sampling four = Sampling.DEFAULT.withMode(mode).withSamples(4).withSteps(5);
        final Restoration whole =
                new Restoration(new Identity(), new NoiseModel.Gaussian(30), four);
        final Restoration limited =
                new Restoration(
                        whole.degradation(), whole.noise(), four, new IntensityLimits(0, 1050));
        final RestorationResult unaware = restorer.restore(clipped, whole, Progress.NONE);
        final RestorationResult result = restorer.restore(clipped, limited, Progress.NONE);
        assertNotNull(result.standardDeviation());
        // beyond these estimates there are at most pairs of calls that smooth
        final long more = result.report().evaluations() - unaware.report().evaluations();
        assertTrue(more >= 10 && more < 100, more + " more evaluations");
        assertEquals(
                restorer.cost(WIDTH, HEIGHT, 1, whole).evaluations() + 10,
                restorer.cost(WIDTH, HEIGHT, 1, limited).evaluations());
    }

    /** One sample, or the mean of many. */
    private float[] sample(Plane measured, Sampling sampling, boolean mean) {
        return restorer.restore(
                        measured,
                        new Restoration(
                                new Downsampling(2, Downsampling.Kernel.AVERAGE),
                                new NoiseModel.Gaussian(30),
                                mean ? sampling.withSamples(200).ofPlane(7, 7, 7) : sampling),
                        Progress.NONE)
                .restored()
                .channels()[0];
    }

    private static double correlation(float[] a, float[] b, float[] middle) {
        double ab = 0;
        double aa = 0;
        double bb = 0;
        for (int i = 0; i < a.length; i++) {
            ab += (double) (a[i] - middle[i]) * (b[i] - middle[i]);
            aa += Math.pow(a[i] - middle[i], 2);
            bb += Math.pow(b[i] - middle[i], 2);
        }
        return ab / Math.sqrt(aa * bb);
    }

    static List<Degradation> degradationsOfColour() {
        return List.of(
                new Identity(),
                new GaussianBlur(1),
                new Downsampling(2, Downsampling.Kernel.AVERAGE),
                missing(true, false, true));
    }

    @ParameterizedTest
    @MethodSource("degradationsOfColour")
    void equalChannelsStayEqualAndEmptyOnesEmpty(Degradation degradation) {
        final float[] one = image(1, 30).channels()[0];
        final float[] empty = new float[one.length];
        for (final Restorer some :
                List.of(restorer, new Restorer(new WhitePrior(3, 0.5).prior()))) {
            final Plane alike =
                    new Plane(new float[][] {one, one.clone(), one.clone()}, WIDTH, HEIGHT);
            final Plane withEmpty = new Plane(new float[][] {one, empty, one}, WIDTH, HEIGHT);
            final Restoration restoration =
                    new Restoration(
                            degradation,
                            new NoiseModel.Gaussian(30),
                            Sampling.DEFAULT.withSamples(2).withSteps(3).withBinning(1));
            for (final RestorationResult result :
                    List.of(
                            some.restore(alike, restoration, Progress.NONE),
                            some.restore(withEmpty, restoration, Progress.NONE))) {
                assertArrayEquals(result.restored().channels()[0], result.restored().channels()[2]);
                assertArrayEquals(
                        result.standardDeviation().channels()[0],
                        result.standardDeviation().channels()[2]);
            }
            final RestorationResult result = some.restore(withEmpty, restoration, Progress.NONE);
            for (final float level : result.restored().channels()[1]) assertEquals(0, level);
            for (final float sd : result.standardDeviation().channels()[1]) assertEquals(0, sd);
        }
        final Restoration plain = new Restoration(degradation, new NoiseModel.Gaussian(30));
        assertArrayEquals(
                restorer.restore(Plane.of(one, WIDTH, HEIGHT), plain, Progress.NONE)
                        .restored()
                        .channels()[0],
                restorer.restore(
                                new Plane(new float[][] {one, one, one}, WIDTH, HEIGHT),
                                plain,
                                Progress.NONE)
                        .restored()
                        .channels()[2]);
    }

    @Test
    void onlyClippedSamplesAreReplacedAndDenoisedAgain() {
        final Plane measured = image(1, 30);
        final Restoration unaware = new Restoration(new Identity(), new NoiseModel.Gaussian(30));
        final RestorationResult once = restorer.restore(measured, unaware, Progress.NONE);
        final RestorationResult nothingClipped =
                restorer.restore(
                        measured, unaware.withLimits(new IntensityLimits(0, 65535)), Progress.NONE);
        assertArrayEquals(once.restored().channels()[0], nothingClipped.restored().channels()[0]);
        assertEquals(1, nothingClipped.report().evaluations());

        final Plane clipped = measured.copy();
        for (int i = 0; i < clipped.size(); i++)
            clipped.channels()[0][i] = Math.min(1400, clipped.channels()[0][i]);
        final RestorationResult aware =
                restorer.restore(
                        clipped, unaware.withLimits(new IntensityLimits(0, 1400)), Progress.NONE);
        assertEquals(3, aware.report().evaluations());
        assertTrue(brightest(aware) > brightest(restorer.restore(clipped, unaware, Progress.NONE)));
    }

    @Test
    void aSingleClippedPixelIsNotWorthMoreDenoisings() {
        final Plane large =
                Plane.of(new NoiseModel.Gaussian(30).simulate(new float[64 * 64], 3), 64, 64);
        large.channels()[0][1000] = 255;
        final Restoration restoration =
                new Restoration(
                                new Identity(),
                                new NoiseModel.Gaussian(30),
                                Sampling.DEFAULT.withBinning(1))
                        .withLimits(new IntensityLimits(-255, 255));
        assertEquals(1, restorer.restore(large, restoration, Progress.NONE).report().evaluations());
    }

    /** What the network does wrong in one orientation averages out, at no cost. */
    @Test
    void eachWayToLayTheBlocksIsSeenInAnotherOrientation() {
        final Set<String> seen = new HashSet<>();
        final NoisePredictor recorder =
                new ForwardingNoisePredictor(grey) {
                    @Override
                    public NDArray predict(NDArray x, double[] timesteps) {
                        final int height = (int) x.getShape().get(2);
                        final int width = (int) x.getShape().get(3);
                        final float[] values = x.toFloatArray();
                        final float right = values[width - 1] - values[0];
                        final float down = values[(height - 1) * width] - values[0];
                        seen.add((right > 0) + " " + (down > 0) + " " + (width > height));
                        return network.predict(x, timesteps);
                    }
                };
        final float[] ramp = new float[64 * 48];
        for (int i = 0; i < ramp.length; i++) ramp[i] = 100 + 10 * (i % 64 + i / 64);
        final Plane noisy = Plane.of(new NoiseModel.Gaussian(20).simulate(ramp, 3), 64, 48);
        new Restorer(new DiffusionPrior("white", "0".repeat(64), recorder, grey.prior().schedule()))
                .restore(
                        noisy,
                        new Restoration(
                                new Identity(),
                                new NoiseModel.Gaussian(20),
                                Sampling.DEFAULT.withBinning(2)),
                        Progress.NONE);
        assertEquals(
                Set.of(
                        "true true true",
                        "false true false",
                        "false false true",
                        "true false false"),
                seen);
    }

    private static double brightest(RestorationResult result) {
        double most = 0;
        for (final float value : result.restored().channels()[0]) most = Math.max(most, value);
        return most;
    }

    @Test
    void aGreyPriorRestoresChannelAfterChannel() {
        final Plane rgb = image(3, 0);
        for (int i = 0; i < rgb.size(); i++) {
            rgb.channels()[1][i] += 17;
            rgb.channels()[2][i] *= 2;
        }
        final Restoration restoration = new Restoration(new Identity(), new NoiseModel.Gaussian(8));
        final Plane together = restorer.restore(rgb, restoration, Progress.NONE).restored();
        for (int c = 0; c < 3; c++)
            assertArrayEquals(
                    restorer.restore(rgb.channel(c), restoration, Progress.NONE)
                            .restored()
                            .channels()[0],
                    together.channels()[c]);
    }

    @Test
    void superResolutionEnlargesAndExplainsTheMeasurement() {
        final Plane coarse = image(1, 0);
        final RestorationResult result =
                restorer.restore(
                        coarse,
                        new Restoration(
                                new Downsampling(2, Downsampling.Kernel.AVERAGE),
                                new NoiseModel.None()),
                        Progress.NONE);
        final Plane fine = result.restored();
        assertEquals(2 * WIDTH, fine.width());
        assertEquals(2 * HEIGHT, fine.height());
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++) {
                double mean = 0;
                for (int k = 0; k < 4; k++)
                    mean += fine.channels()[0][(2 * y + k / 2) * fine.width() + 2 * x + k % 2] / 4;
                assertEquals(coarse.channels()[0][y * WIDTH + x], mean, 0.01);
            }
    }

    @Test
    void colorizingKeepsTheMeasuredGrey() {
        final Plane measured = image(1, 0);
        final Plane color =
                new Restorer(new WhitePrior(3, 0.5).prior())
                        .restore(
                                measured,
                                new Restoration(GreyProjection.MEAN, new NoiseModel.None()),
                                Progress.NONE)
                        .restored();
        assertEquals(3, color.channels().length);
        for (int i = 0; i < color.size(); i++)
            assertEquals(
                    measured.channels()[0][i],
                    (color.channels()[0][i] + color.channels()[1][i] + color.channels()[2][i]) / 3,
                    0.01);
    }

    @Test
    void anImgLib2StackKeepsItsTypeAndSize() {
        final Img<UnsignedShortType> stack = ArrayImgs.unsignedShorts(WIDTH, HEIGHT, 2, 2);
        for (int p = 0; p < 4; p++) {
            final float[] samples = image(1, 20).channels()[0];
            for (int i = 0; i < samples.length; i++) samples[i] += 1000 * p;
            Planes.write(stack, p, samples);
        }
        final Restoration restoration =
                new Restoration(new Identity(), new NoiseModel.Gaussian(20));
        final RestoredImage<UnsignedShortType> restored =
                restorer.restore(stack, restoration, Progress.NONE);
        assertArrayEquals(stack.dimensionsAsLongArray(), restored.image().dimensionsAsLongArray());
        assertEquals(4, restored.report().evaluations());
        for (int p = 0; p < 4; p++) {
            final float[] expected =
                    restorer.restore(
                                    Plane.of(Planes.read(stack, p), WIDTH, HEIGHT),
                                    restoration,
                                    Progress.NONE)
                            .restored()
                            .channels()[0];
            assertArrayEquals(expected, Planes.read(restored.image(), p), 0.5001f);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 5})
    void cancellingStopsWithinOneNetworkCallAndLeavesTheInputAlone(int callsBefore) {
        final Plane measured = image(1, 10);
        final Plane copy = measured.copy();
        final Progress progress =
                new Progress() {
                    @Override
                    public void update(String stage, double fraction) {}

                    @Override
                    public boolean isCanceled() {
                        return grey.calls() >= callsBefore;
                    }
                };
        final Restoration restoration =
                new Restoration(new GaussianBlur(2), new NoiseModel.Gaussian(10));
        assertThrows(
                CancellationException.class,
                () -> restorer.restore(measured, restoration, progress));
        assertEquals(callsBefore, grey.calls());
        assertArrayEquals(copy.channels()[0], measured.channels()[0]);
    }

    @Test
    void badInputGetsOneClearSentence() {
        final NoiseModel noise = new NoiseModel.Gaussian(1);
        final Restoration denoising = new Restoration(new Identity(), noise);
        final Plane withNaN = image(1, 0);
        withNaN.channels()[0][WIDTH + 3] = Float.NaN;
        refused("NaN at x = 3, y = 1", withNaN, denoising);
        refused(
                "mask has 25",
                image(1, 0),
                new Restoration(new MissingPixels(new boolean[25], 5, 5), noise));
        refused(
                "5 × 4 pixels",
                image(1, 0),
                new Restoration(BLUR, noise).withVariances(Plane.of(new float[20], 5, 4)));
        refused("needs a model for RGB", image(1, 0), new Restoration(GreyProjection.MEAN, noise));
        final var error =
                assertThrows(
                        IllegalArgumentException.class,
                        () ->
                                new Restorer(new WhitePrior(3, 1).prior())
                                        .restore(image(2, 0), denoising, Progress.NONE));
        assertTrue(error.getMessage().contains("this one has 2"), error.getMessage());
        assertThrows(
                IllegalArgumentException.class,
                () -> new Downsampling(0, Downsampling.Kernel.AVERAGE));
        assertThrows(IllegalArgumentException.class, () -> new Plane(new float[1][0], 0, 0));
    }

    private void refused(String expected, Plane measured, Restoration restoration) {
        final var error =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> restorer.restore(measured, restoration, Progress.NONE));
        assertTrue(error.getMessage().contains(expected), error.getMessage());
        assertEquals(0, grey.calls());
    }

    private static final Degradation BLUR = new GaussianBlur(1, 1);

    /**
     * Noise eight times as strong in the right half: told of it, a restoration follows it less.
     * What denoising makes of it has tests of its own. Inpainting ends below the noise, which it
     * follows more in known pixels.
     */
    @ParameterizedTest
    @MethodSource("tasks")
    void noiseThatDiffersFromPixelToPixelIsTakenAsItIs(Restoration task) {
        if (task.degradation().isIdentity()) return;
        final List<Plane> measured = List.of(unevenlyNoisy(task, 1), unevenlyNoisy(task, 2));
        final Plane factors = measured.get(0).copy();
        for (int i = 0; i < factors.size(); i++)
            factors.channels()[0][i] = 2 * (i % factors.width()) < factors.width() ? 1 : 64;
        final double told = difference(measured, task.withVariances(factors));
        final double untold = difference(measured, task);
        final double most = task.degradation().measuresPixels() ? 0.97 : 0.95;
        assertTrue(told < most * untold, () -> told + " of " + untold);
    }

    private static Plane unevenlyNoisy(Restoration task, long seed) {
        final Plane measured =
                Simulation.measure(image(1, 0), task.degradation(), new NoiseModel.None(), 1);
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < measured.size(); i++)
            measured.channels()[0][i] +=
                    (float)
                            ((2 * (i % measured.width()) < measured.width() ? 5 : 40)
                                    * random.nextGaussian());
        return measured;
    }

    /** How much the right halves of two results differ. */
    private double difference(List<Plane> measured, Restoration task) {
        final float[] a =
                restorer.restore(measured.get(0), task, Progress.NONE).restored().channels()[0];
        final float[] b =
                restorer.restore(measured.get(1), task, Progress.NONE).restored().channels()[0];
        double sum = 0;
        for (int i = 0; i < a.length; i++)
            if (2 * (i % WIDTH) >= WIDTH) sum += Math.pow(a[i] - b[i], 2);
        return Math.sqrt(sum);
    }

    @Test
    void planesSideBySideGiveWhatTheyGiveAlone() {
        final List<Plane> planes = List.of(image(1, 10), image(1, 20), image(1, 30));
        final List<Restoration> tasks =
                planes.stream()
                        .map(plane -> new Restoration(BLUR, new NoiseModel.Gaussian(20)))
                        .toList();
        final List<RestorationResult> together = restorer.restore(planes, tasks, Progress.NONE);
        final int calls = grey.calls();
        for (int i = 0; i < planes.size(); i++)
            assertArrayEquals(
                    restorer.restore(planes.get(i), tasks.get(i), Progress.NONE)
                            .restored()
                            .channels()[0],
                    together.get(i).restored().channels()[0],
                    5e-2f);
        assertEquals(3 * calls, grey.calls() - calls, "a third of the calls");
    }

    @Test
    void onlySmallPlanesAreRestoredTogether() {
        final Restoration denoising = new Restoration(new Identity(), new NoiseModel.Gaussian(20));
        assertEquals(4, restorer.together(64, 64, denoising));
        assertEquals(16, restorer.together(16, 16, denoising));
        assertEquals(1, restorer.together(128, 128, denoising));
        assertEquals(1, restorer.together(5000, 5000, denoising));
    }

    @Test
    void aSimilarNeighbourShortensTheChain() {
        final NoiseModel noise = new NoiseModel.Gaussian(20);
        final Restoration task = new Restoration(BLUR, noise);
        final Plane blurred = Simulation.measure(image(1, 0), BLUR, noise, 3);
        final RestorationResult cold = restorer.restore(blurred, task, Progress.NONE);
        final RestorationResult warm = restorer.restore(blurred, task, image(1, 0), Progress.NONE);
        assertEquals(12, cold.report().evaluations());
        assertTrue(warm.report().evaluations() <= 8, warm.report().chain());
        assertTrue(warm.report().chain().endsWith(", from the neighbour"));
        final RestorationReport both =
                RestorationReport.combine(List.of(cold.report(), warm.report()));
        assertTrue(
                both.chain().endsWith("; 1 of 2 planes in fewer levels, from the neighbour"),
                both.chain());
    }

    @Test
    void theNoiseOfSeveralPlanesIsToldAsARange() {
        final RestorationReport quiet = report("Gaussian noise, sigma 3");
        final RestorationReport loud = report("Gaussian noise, sigma 12.5");
        assertEquals(
                "Gaussian noise, sigma 3 to 12.5",
                RestorationReport.combine(List.of(loud, quiet)).noise());
        assertEquals(quiet.noise(), RestorationReport.combine(List.of(quiet, quiet)).noise());
        assertEquals(
                "Gaussian noise, sigma 3 to 12.5 (2 of 3); none (1 of 3)",
                RestorationReport.combine(List.of(loud, quiet, report("none"))).noise());
    }

    private static RestorationReport report(String noise) {
        return new RestorationReport(
                "m", "0", "identity", noise, "", "", 1, 1, 1, 0, true, 1, 1, null);
    }

    /** Conjugate gradients make no network call, and may take longer than many. */
    @Test
    void cancellingStopsIterationsBetweenNetworkCalls() {
        final int direct = asked(new GaussianBlur(1, 1, Border.MIRRORED));
        final int iterated = asked(new GaussianBlur(1, 1, Border.UNKNOWN));
        assertTrue(iterated >= direct + 6, iterated + " and " + direct);
    }

    /** How often a deblurring asks whether to go on. */
    private int asked(Degradation blur) {
        final int[] asked = {0};
        final Progress counting =
                new Progress() {
                    @Override
                    public void update(String stage, double fraction) {}

                    @Override
                    public boolean isCanceled() {
                        asked[0]++;
                        return false;
                    }
                };
        restorer.restore(
                image(1, 20), new Restoration(blur, new NoiseModel.Gaussian(20)), counting);
        return asked[0];
    }

    @Test
    void anotherImageIsNoNeighbour() {
        final Restoration task = new Restoration(BLUR, new NoiseModel.Gaussian(20));
        final Plane other = image(1, 0);
        for (int i = 0; i < other.size(); i++)
            other.channels()[0][i] = 2600 - other.channels()[0][i];
        final RestorationResult cold = restorer.restore(image(1, 20), task, Progress.NONE);
        final RestorationResult same = restorer.restore(image(1, 20), task, other, Progress.NONE);
        assertArrayEquals(cold.restored().channels()[0], same.restored().channels()[0]);
        assertEquals(cold.report().chain(), same.report().chain());
    }

    @Test
    void otherTasksAndSamplesDoWithoutANeighbour() {
        for (final Restoration task :
                List.of(
                        new Restoration(new Identity(), new NoiseModel.Gaussian(20)),
                        new Restoration(missing(true, false, true), new NoiseModel.None()),
                        new Restoration(
                                BLUR,
                                new NoiseModel.Gaussian(20),
                                Sampling.DEFAULT.withMode(Sampling.Mode.SAMPLE))))
            assertArrayEquals(
                    restorer.restore(image(1, 20), task, Progress.NONE).restored().channels()[0],
                    restorer.restore(image(1, 20), task, image(1, 0), Progress.NONE)
                            .restored()
                            .channels()[0]);
    }

    @Test
    void aSolverThatNeedsMoreMemoryThanThereIsIsRefusedWithNumbers() {
        final Restoration task =
                new Restoration(
                        BLUR,
                        new NoiseModel.Gaussian(20),
                        Sampling.DEFAULT.withSolver(Sampling.SolverChoice.ANDERSON));
        final Cost cost = restorer.cost(4096, 4096, 1, task);
        // 6 levels of 13 states each, and 24 images more, of 64 MiB
        assertEquals((6 * 13 + 24) * (64L << 20), cost.bytes(), 1e8);
        assertEquals(12, cost.evaluations());
        final IllegalArgumentException refused =
                assertThrows(
                        IllegalArgumentException.class,
                        () -> cost.requireWithin(2_000_000_000L, Sampling.SolverChoice.ANDERSON));
        assertTrue(refused.getMessage().contains("about 6.8 GB of memory"), refused.getMessage());
        assertTrue(refused.getMessage().contains("but 2.0 GB are free"), refused.getMessage());
        cost.requireWithin(2_000_000_000L, Sampling.SolverChoice.SEQUENTIAL);
        cost.requireWithin(20_000_000_000L, Sampling.SolverChoice.ANDERSON);
    }

    @Test
    void theMemoryOfThisComputerIsKnown() {
        assertTrue(Memory.available() > 50_000_000, "available " + Memory.available());
        assertEquals(
                3_000_000L << 10,
                Memory.available(List.of("MemFree:  1000 kB", "MemAvailable:    3000000 kB"), 5));
        assertEquals(5, Memory.available(List.of("MemFree:  1000 kB"), 5));
    }

    @Test
    void smallerTilesThanUsualAreReported() {
        final Restoration denoising = new Restoration(new Identity(), new NoiseModel.Gaussian(20));
        final Restorer little = new Restorer(grey.prior(), CallLimits.of(20, 4, 1000));
        final String chain =
                little.restore(image(1, 20), denoising, Progress.NONE).report().chain();
        assertTrue(chain.startsWith("in tiles of at most 20 pixels, one network call"), chain);
        final String usual =
                restorer.restore(image(1, 20), denoising, Progress.NONE).report().chain();
        assertTrue(usual.startsWith("one network call"), usual);
    }
}
