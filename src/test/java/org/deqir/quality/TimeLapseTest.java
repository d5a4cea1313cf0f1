/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.quality;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ij.IJ;
import ij.ImagePlus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Static frames of few photons, denoised by the command with {@code noise=auto} and their
 * neighbours, against the mean of 400 exposures. Figures as in {@link RealNoiseTest}.
 */
@Tag("quality")
class TimeLapseTest {

    private static final Path DATA = Path.of("..", "shared", "data");
    private static final int SIZE = 256;

    /**
     * @param decibel that the mean over all fields must reach
     */
    @ParameterizedTest
    @CsvSource({"2, 33.3", "4, 34.9"})
    void theFirstOfSomeFramesGainsFromTheOthers(int frames, double decibel) throws IOException {
        assumeTrue(Files.isDirectory(DATA.resolve("frames")), "the frames are not there");
        double mean = 0;
        final List<Path> files = files();
        for (final Path file : files) {
            final ImagePlus image =
                    MacroRunner.run(
                                    """
                                    open("%s");
                                    run("Duplicate...", "title=f duplicate frames=1-%d");
                                    run("DeqIR Denoise...", "noise=auto neighbours=%d slices=1");
                                    """
                                            .formatted(path(file), frames, frames - 1))
                            .succeeded()
                            .image("f-denoised");
            final String name = file.getFileName().toString().replace(".tif", ".png");
            final ImagePlus truth = IJ.openImage(path(DATA.resolve("pairs/clean").resolve(name)));
            truth.setRoi(0, 0, SIZE, SIZE);
            final double found =
                    RealNoiseTest.psnr(image.getProcessor(), truth.crop().getProcessor());
            System.out.printf(Locale.ROOT, "%s, %d frames: %.2f dB%n", name, frames, found);
            mean += found / files.size();
        }
        final String text = String.format(Locale.ROOT, "%d frames: %.2f dB", frames, mean);
        System.out.println(text);
        assertTrue(mean >= decibel, text);
    }

    private static List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(DATA.resolve("frames"))) {
            return files.filter(file -> file.toString().endsWith(".tif")).sorted().toList();
        }
    }

    private static String path(Path file) {
        return file.toAbsolutePath().normalize().toString().replace('\\', '/');
    }
}
