/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.quality;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.deqir.physics.noise.NoiseEstimate;
import org.deqir.physics.noise.NoiseEstimator;
import org.deqir.physics.noise.NoiseModel.PoissonGaussian;
import org.deqir.physics.noise.PhotonScale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Excess factor and offset, found in simulated exposures of real fields, against what they are: the
 * stated errors must be the real ones. Writes {@code target/quality/photon-scale.csv}.
 */
@Tag("quality")
class PhotonScaleQualityTest {

    private static final Path CLEAN = Path.of("..", "shared", "data", "pairs", "clean");
    private static final Path OUTPUT = Path.of("target", "quality");

    /** Grey levels of a photon's pulse, and without light. */
    private static final double PULSE = 10;

    private static final double OFFSET = 100;

    /** Share of the pixels that the stretch to 8 bits clips at each end. */
    private static final double CLIPPED = 0.0018;

    /** Errors in units of the stated ones. */
    private static final class Errors {
        private int stated;
        private double factors;
        private double excess;
        private double offset;
        private double statedOffset;
        private double largest;

        void add(PhotonScale scale, double trueExcess, double trueOffset, double pulse) {
            // F² = 1/(2 − c): the error is symmetric in c
            final double c = 2 - 1 / scale.excessFactor();
            final double error = scale.excessFactorError() / Math.pow(scale.excessFactor(), 2);
            final double ofC = (c - (2 - 1 / trueExcess)) / error;
            stated++;
            factors += scale.excessFactor();
            excess += ofC * ofC;
            offset += Math.pow((scale.offset() - trueOffset) / scale.offsetError(), 2);
            statedOffset += scale.offsetError() / pulse;
            largest = Math.max(largest, Math.abs(ofC));
        }

        String line() {
            return String.format(
                    Locale.ROOT,
                    "%d,%.2f,%.2f,%.2f,%.2f,%.1f",
                    stated,
                    factors / stated,
                    Math.sqrt(excess / stated),
                    statedOffset / stated,
                    Math.sqrt(offset / stated),
                    largest);
        }
    }

    @Test
    void theErrorsThatAreStatedAreThoseThatAreMade() throws IOException {
        assumeTrue(Files.isDirectory(CLEAN), "the real fields are not there");
        Files.createDirectories(OUTPUT);
        final StringBuilder table =
                new StringBuilder(
                        "photons,excess,readout,bits,stated,mean,error ratio,offset error,offset"
                                + " error ratio,largest ratio\n");
        final List<Path> files;
        try (Stream<Path> all = Files.list(CLEAN)) {
            files = all.sorted().toList();
        }
        int stated = 0;
        double squares = 0;
        double largest = 0;
        for (final double photons : new double[] {1, 4, 20, 100})
            for (final int excess : new int[] {1, 2})
                for (final double readout : new double[] {0.3, 1.5})
                    for (final int bits : new int[] {32, 8}) {
                        final Errors errors = new Errors();
                        for (int f = 0; f < files.size(); f++)
                            add(errors, files.get(f), photons, excess, readout, bits, f);
                        table.append(
                                String.format(
                                        Locale.ROOT,
                                        "%.0f,%d,%.1f,%d,%s%n",
                                        photons,
                                        excess,
                                        readout,
                                        bits,
                                        errors.line()));
                        stated += errors.stated;
                        squares += errors.excess;
                        largest = Math.max(largest, errors.largest);
                    }
        System.out.print(table);
        Files.writeString(OUTPUT.resolve("photon-scale.csv"), table);
        assertTrue(stated > 130, stated + " stated");
        assertTrue(Math.sqrt(squares / stated) < 1.3, "error ratio\n" + table);
        assertTrue(largest < 4, "largest ratio\n" + table);
    }

    private static void add(
            Errors errors,
            Path file,
            double photons,
            int excess,
            double readout,
            int bits,
            int seed)
            throws IOException {
        final BufferedImage image = ImageIO.read(file.toFile());
        final float[] plane =
                exposure(
                        image.getRaster()
                                .getSamples(
                                        0,
                                        0,
                                        image.getWidth(),
                                        image.getHeight(),
                                        0,
                                        (float[]) null),
                        photons,
                        excess,
                        readout,
                        seed);
        double offset = OFFSET;
        double pulse = PULSE;
        if (bits == 8) {
            final float[] sorted = plane.clone();
            Arrays.sort(sorted);
            final double low = sorted[(int) (CLIPPED * sorted.length)];
            final double high = sorted[(int) ((1 - CLIPPED) * sorted.length)];
            final double scale = 255 / (high - low);
            for (int i = 0; i < plane.length; i++)
                plane[i] = Math.round(Math.max(0, Math.min(255, (plane[i] - low) * scale)));
            offset = (OFFSET - low) * scale;
            pulse = PULSE * scale;
        }
        final NoiseEstimate estimate =
                NoiseEstimator.estimate(plane, image.getWidth(), image.getHeight());
        if (estimate.photonScale().isPresent())
            errors.add(estimate.photonScale().get(), excess, offset, pulse);
    }

    /** Pulses of one size, or exponential ones, and readout noise in units of their mean. */
    private static float[] exposure(
            float[] clean, double photons, int excess, double readout, int seed) {
        float least = Float.POSITIVE_INFINITY;
        float most = Float.NEGATIVE_INFINITY;
        for (final float value : clean) {
            least = Math.min(least, value);
            most = Math.max(most, value);
        }
        final float[] expected = new float[clean.length];
        for (int i = 0; i < clean.length; i++)
            expected[i] = (float) (photons * (0.02 + (clean[i] - least) / (most - least)));
        final float[] counts = new PoissonGaussian(1, 0, 0).simulate(expected, seed);
        final Random random = new Random(seed);
        final float[] plane = new float[clean.length];
        for (int i = 0; i < plane.length; i++) {
            double sum = excess == 1 ? counts[i] : 0;
            for (int photon = 0; excess == 2 && photon < counts[i]; photon++)
                sum -= Math.log(1 - random.nextDouble());
            plane[i] = (float) (OFFSET + PULSE * (sum + readout * random.nextGaussian()));
        }
        return plane;
    }
}
