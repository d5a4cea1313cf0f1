/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.CompositeImage;
import ij.IJ;
import ij.ImagePlus;
import ij.gui.OvalRoi;
import ij.gui.Roi;
import ij.process.FloatProcessor;
import ij.process.ImageProcessor;
import java.nio.file.Path;
import org.deqir.command.key.ImmersionMedium;
import org.deqir.physics.optics.MicroscopeOptics;
import org.deqir.physics.optics.PointSpreadFunction;
import org.deqir.testing.MacroRunner;
import org.deqir.testing.MacroRunner.Result;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every command by the text of a real macro, headless. */
@Tag("slow")
class CommandMacroTest {

    private static final String DENOISE =
            "run('DeqIR Denoise...', 'noise=gaussian sigma=20 model=smoother');";

    /** The images are nothing but noise of this standard deviation. */
    @ParameterizedTest
    @CsvSource({"8, 74", "16, 866", "32, 200"})
    void denoiseKeepsEverythingButTheNoise(int bitDepth, int sigma) {
        final ImagePlus input = Images.hyperstack(bitDepth, 2, 2, 2);
        final ImagePlus before = input.duplicate();
        final Result result =
                run(input, DENOISE.replace("sigma=20", "sigma=" + sigma) + "print(getTitle());");
        final ImagePlus denoised = result.image("cells-denoised");
        assertEquals("cells-denoised", result.log().trim(), "the result is active in the macro");
        assertEquals(CompositeImage.COMPOSITE, ((CompositeImage) denoised).getMode());
        assertEquals(bitDepth, denoised.getBitDepth());
        assertArrayEquals(input.getDimensions(), denoised.getDimensions());
        assertTrue(input.getCalibration().equals(denoised.getCalibration()));
        for (int n = 1; n <= 8; n++) {
            assertEquals("plane " + n, denoised.getStack().getSliceLabel(n));
            assertArrayEquals(pixels(before, n), pixels(input, n), "the input is untouched");
            assertTrue(spread(denoised, n) < 0.7 * spread(input, n), "slice " + n + " is smoother");
            assertEquals(mean(input, n), mean(denoised, n), 0.1 * spread(input, n));
        }
    }

    @Test
    void autoEstimatesTheNoiseAndSaysSo() {
        final Result result =
                MacroRunner.run(
                                """
                                newImage('flat', '32-bit black', 96, 96, 1);
                                run('Add...', 'value=200');
                                run('DeqIR Degrade...', 'noise=gaussian sigma=12');
                                rename('noisy');
                                Property.set('deqir.noise', '');
                                Property.set('deqir.sigma', '');
                                run('DeqIR Denoise...', 'noise=auto model=smoother');
                                """)
                        .succeeded();
        final String info = info(result.image("noisy-denoised"));
        assertTrue(info.matches("(?s).*DeqIR noise: Gaussian noise, sigma 1[12]\\.\\d+\n.*"), info);
        assertTrue(info.contains("DeqIR noise estimate: Found Gaussian noise"), info);
    }

    @Test
    void rgbImagesGoThroughRgbPriorsAndGreyOnes() {
        final ImagePlus input = Images.hyperstack(24, 1, 1, 1);
        final ImagePlus together =
                run(input, DENOISE.replace("smoother", "smoother-rgb")).image("cells-denoised");
        final ImagePlus apart = run(input, DENOISE).image("cells-denoised");
        assertEquals(ImagePlus.COLOR_RGB, together.getType());
        assertEquals(ImagePlus.COLOR_RGB, apart.getType());
        assertTrue(spread(apart, 1) < spread(input, 1));
    }

    @Test
    void onlyTheSelectionAndTheSelectedSlicesAreProcessed() {
        final ImagePlus input = Images.hyperstack(16, 1, 4, 1);
        final Roi roi = new OvalRoi(5, 4, 9, 8);
        input.setRoi(roi);
        final ImagePlus result =
                run(input, DENOISE.replace("sigma", "slices=2-3 sigma")).image("cells-denoised");
        assertEquals(2, result.getStackSize());
        boolean changed = false;
        for (int n = 1; n <= 2; n++) {
            final ImageProcessor from = input.getStack().getProcessor(n + 1);
            final ImageProcessor to = result.getStack().getProcessor(n);
            for (int y = 0; y < Images.HEIGHT; y++)
                for (int x = 0; x < Images.WIDTH; x++)
                    if (roi.contains(x, y)) changed |= from.get(x, y) != to.get(x, y);
                    else assertEquals(from.get(x, y), to.get(x, y));
        }
        assertTrue(changed);
    }

    @Test
    void theSameSeedGivesTheSamePixels() {
        final ImagePlus input = Images.hyperstack(32, 1, 1, 1);
        final String sample =
                "run('DeqIR Deblur...', 'blur=gaussian width=1 noise=gaussian sigma=20 mode=sample"
                        + " steps=4 model=smoother seed=%d');";
        final float[] once = pixels(run(input, sample.formatted(7)).image("cells-deblurred"), 1);
        final float[] again = pixels(run(input, sample.formatted(7)).image("cells-deblurred"), 1);
        final float[] other = pixels(run(input, sample.formatted(8)).image("cells-deblurred"), 1);
        assertArrayEquals(once, again);
        assertFalse(java.util.Arrays.equals(once, other));
    }

    @Test
    void severalSamplesGiveAStandardDeviation() {
        final ImagePlus input = Images.hyperstack(8, 1, 2, 1);
        final Result result =
                run(
                        input,
                        "run('DeqIR Super-Resolution...', 'scale=2 noise=gaussian sigma=9"
                                + " mode=sample samples=3 steps=3 model=smoother');"
                                + "print(getTitle());");
        final ImagePlus spread = result.image("cells-x2-sd");
        assertEquals("cells-x2", result.log().trim(), "the image itself is active");
        assertEquals(32, spread.getBitDepth());
        assertArrayEquals(
                new int[] {2 * Images.WIDTH, 2 * Images.HEIGHT, 1, 2, 1}, spread.getDimensions());
        assertTrue(mean(spread, 2) > 0.1, "the samples differ");
    }

    @ParameterizedTest
    @CsvSource({"gaussian, width=1.5", "uniform, width=3", "anisotropic, width=2 height=1"})
    void deblurUndoesABlur(String blur, String widths) {
        final Result result =
                runOnSpots(
                        "run('DeqIR Degrade...', 'operator=blur blur=%s %s noise=gaussian sigma=0.5');"
                                        .formatted(blur, widths)
                                + "rename('blurred.tif');"
                                + "run('DeqIR Deblur...', 'blur=%s %s noise=gaussian sigma=0.5 steps=6 model=smoother');"
                                        .formatted(blur, widths));
        assertCloser(result, "blurred-deblurred", "blurred.tif");
    }

    /** What lies outside the image is kept with it and used again. */
    @ParameterizedTest
    @CsvSource({
        "blur=gaussian width=1.5, '', unknown border",
        "blur=uniform width=3, border=mirrored, mirrored border",
        "blur=anisotropic width=2 height=1, border=zeros, zeros beyond the border",
        "blur=[psf image] psf=psf, border=zeros, zeros beyond the border"
    })
    void theBorderOfADegradedImageIsReadBack(String blur, String border, String said) {
        final Result result =
                runOnSpots(
                        """
                        newImage('psf', '32-bit black', 13, 13, 1);
                        setPixel(6, 6, 1);
                        run('Gaussian Blur...', 'sigma=1.2');
                        selectImage('spots.tif');
                        run('DeqIR Degrade...', 'operator=blur %s %s noise=gaussian sigma=0.5');
                        run('DeqIR Deblur...', 'steps=6 model=smoother');
                        """
                                .formatted(blur, border));
        final String info = info(result.image("spots-degraded-deblurred"));
        assertTrue(info.matches("(?s).*DeqIR operator: [^\n]*" + said + "\n.*"), info);
        assertCloser(result, "spots-degraded-deblurred", "spots-degraded");
        final boolean dark = border.equals("border=zeros");
        final ImageProcessor degraded = result.image("spots-degraded").getProcessor();
        assertEquals(dark, degraded.getf(47, 0) < 17, "corner " + degraded.getf(47, 0));
    }

    /** As PSF generators make them: as large as the image, of even size, brightest at n/2. */
    @Test
    void aPsfAsLargeAsTheImageIsCroppedAndThatIsSaid() {
        final Result result =
                runOnSpots(
                        """
                        newImage('psf', '32-bit black', 48, 40, 1);
                        setPixel(24, 20, 1);
                        run('Gaussian Blur...', 'sigma=1.2');
                        selectImage('spots.tif');
                        run('DeqIR Degrade...', 'operator=blur blur=[psf image] psf=psf noise=gaussian sigma=0.5');
                        run('DeqIR Deblur...', 'steps=6 model=smoother');
                        """);
        assertCloser(result, "spots-degraded-deblurred", "spots-degraded");
    }

    @Test
    void hotPixelsAreFilledWithEstimatedNoiseAndKeptWithStatedOne() {
        final String macro =
                """
                run('Size...', 'width=96 height=80 interpolation=Bilinear');
                run('DeqIR Degrade...', 'noise=gaussian sigma=3');
                rename('noisy');
                setPixel(70, 60, 65535);
                run('DeqIR Denoise...', '%s binning=1 model=smoother');
                """;
        final ImagePlus filled = runOnSpots(macro.formatted("noise=auto")).image("noisy-denoised");
        assertEquals(20, filled.getProcessor().getf(70, 60), 30);
        assertTrue(info(filled).contains("1 isolated pixel "), info(filled));
        final ImagePlus kept =
                runOnSpots(macro.formatted("noise=gaussian sigma=3")).image("noisy-denoised");
        assertEquals(65535, kept.getProcessor().getf(70, 60), 1e-2);
        assertTrue(info(kept).contains("1 isolated pixel "), info(kept));
        for (int y = 0; y < 80; y++)
            for (int x = 0; x < 96; x++)
                if (x != 70 || y != 60)
                    assertEquals(
                            filled.getProcessor().getf(x, y), kept.getProcessor().getf(x, y), 15);
    }

    /** What is restored may then lie between the levels, and the user can keep it. */
    @ParameterizedTest
    @CsvSource({
        "8-bit, gaussian, 0.5, 1",
        "8-bit, gaussian, 3, 0",
        "32-bit, gaussian, 0.5, 0",
        "8-bit, auto, 0, 1"
    })
    void noiseBelowAGreyLevelIsSaidOnceToBeRounded(
            String type, String noise, double sigma, int times) {
        final ImagePlus result =
                runOnSpots(
                                """
                                setMinAndMax(0, 255);
                                run('8-bit');
                                run('%s');
                                run('Duplicate...', 'title=noisy');
                                run('Select All');
                                run('Copy');
                                for (i = 0; i < 2; i++) { run('Add Slice'); run('Paste'); }
                                run('Select None');
                                run('DeqIR Denoise...', 'noise=%s sigma=%s model=smoother');
                                """
                                        .formatted(type, noise, sigma))
                        .image("noisy-denoised");
        assertEquals(3, result.getStackSize());
        assertEquals(
                times, info(result).split("rounded to whole grey levels").length - 1, info(result));
    }

    @Test
    void aPsfImageMayBeAnySizeAndOffCentre() {
        final Result result =
                runOnSpots(
"""
newImage('psf', '32-bit black', 14, 11, 1);
setPixel(6, 5, 1);
run('Gaussian Blur...', 'sigma=1.2');
run('Add...', 'value=3');
selectImage('spots.tif');
run('DeqIR Degrade...', 'operator=blur blur=[psf image] psf=psf noise=gaussian sigma=0.5');
run('DeqIR Deblur...', 'steps=6 model=smoother');
""");
        assertCloser(result, "spots-degraded-deblurred", "spots-degraded");
        final String info = info(result.image("spots-degraded-deblurred"));
        assertTrue(info.contains("psf=psf"), "the stored keys were used: " + info);
    }

    @Test
    void theMicroscopesPsfComesFromTheImagesPixelSize() {
        final Result result =
                runOnSpots(
"""
run('Properties...', 'unit=um pixel_width=0.08 pixel_height=0.08 voxel_depth=1');
run('DeqIR Degrade...', 'operator=blur blur=microscope na=1.3 wavelength=520 noise=gaussian sigma=0.5');
run('DeqIR Deblur...', 'steps=6 model=smoother');
""");
        assertCloser(result, "spots-degraded-deblurred", "spots-degraded");
    }

    /** In focus the stack is the pattern by which Deblur undoes the same microscope. */
    @ParameterizedTest
    @CsvSource({"widefield, 1.3, 520, 0.08", "confocal, 0.8, 600, 0.1"})
    void theMiddleSliceOfAComputedPsfIsTheOneInFocus(
            String modality, double na, double wavelength, double pixel) {
        final ImagePlus stack =
                MacroRunner.run(
                                "run('DeqIR Make PSF...', 'modality=%s na=%s wavelength=%s pixel=%s step=0.3 slices=5');"
                                        .formatted(modality, na, wavelength, pixel))
                        .succeeded()
                        .image("PSF");
        assertArrayEquals(
                new int[] {stack.getWidth(), stack.getWidth(), 1, 5, 1}, stack.getDimensions());
        assertEquals(pixel, stack.getCalibration().pixelWidth, 1e-12);
        assertEquals(0.3, stack.getCalibration().pixelDepth, 1e-12);
        final double index = ImmersionMedium.refractiveIndex(na);
        final PointSpreadFunction focus =
                (modality.equals("confocal")
                                ? MicroscopeOptics.confocal(na, index, wavelength)
                                : MicroscopeOptics.widefield(na, index, wavelength))
                        .psf(pixel, pixel);
        final ImageProcessor middle = stack.getStack().getProcessor(3);
        final int centre = stack.getWidth() / 2;
        final int reach = Math.min(centre, focus.width() / 2);
        for (int dy = -reach; dy <= reach; dy++)
            for (int dx = -reach; dx <= reach; dx++)
                assertEquals(
                        focus.at(dx, dy) / focus.at(0, 0),
                        middle.getf(centre + dx, centre + dy) / middle.getf(centre, centre),
                        2e-3,
                        dx + ", " + dy);
        for (final int n : new int[] {2, 4})
            assertTrue(
                    stack.getStack().getProcessor(n).getStats().max < middle.getf(centre, centre),
                    "slice " + n + " is out of focus");
    }

    /** A key that the modality does not use is no error, whatever its value. */
    @Test
    void whatTheMicroscopeDoesNotUseHasNoEffectOnItsPsf() {
        final String keys = "na=0.8 wavelength=600 pixel=0.1 step=0.5 slices=3 size=9";
        final Result result =
                MacroRunner.run(
                                """
                                run('DeqIR Make PSF...', '%1$s');
                                rename('plain');
                                run('DeqIR Make PSF...', '%1$s excitation=5 pinhole=99 sheet=5000');
                                """
                                        .formatted(keys))
                        .succeeded();
        assertArrayEquals(pixels(result.image("plain"), 1), pixels(result.image("PSF"), 1));
    }

    @ParameterizedTest
    @CsvSource({"2, average", "3, bicubic", "2, bicubic"})
    void superResolutionMultipliesSizeAndDividesPixelSize(int scale, String kernel) {
        final ImagePlus input = Images.hyperstack(16, 2, 2, 1);
        final ImagePlus result =
                run(
                                input,
                                "run('DeqIR Super-Resolution...', 'scale=%d kernel=%s noise=gaussian sigma=20 steps=3 model=smoother');"
                                        .formatted(scale, kernel))
                        .image("cells-x" + scale);
        assertArrayEquals(
                new int[] {scale * Images.WIDTH, scale * Images.HEIGHT, 2, 2, 1},
                result.getDimensions());
        assertEquals(0.1 / scale, result.getCalibration().pixelWidth, 1e-12);
        assertEquals(4.0 * scale, result.getCalibration().xOrigin, 1e-12);
        for (int n = 1; n <= 4; n++) assertEquals(mean(input, n), mean(result, n), 60);
    }

    @Test
    void inpaintFillsTheSelectionOfItsSliceAndNothingElse() {
        final ImagePlus input = Images.hyperstack(16, 1, 3, 1);
        final Roi roi = new OvalRoi(6, 5, 6, 7);
        roi.setPosition(2);
        input.setRoi(roi);
        final ImagePlus result =
                run(input, "run('DeqIR Inpaint...', 'model=smoother steps=4');")
                        .image("cells-inpainted");
        assertArrayEquals(pixels(input, 1), pixels(result, 1));
        assertArrayEquals(pixels(input, 3), pixels(result, 3));
        int filled = 0;
        for (int y = 0; y < Images.HEIGHT; y++)
            for (int x = 0; x < Images.WIDTH; x++) {
                final int before = input.getStack().getProcessor(2).get(x, y);
                final int after = result.getStack().getProcessor(2).get(x, y);
                if (!roi.contains(x, y)) assertEquals(before, after);
                else if (before != after) filled++;
            }
        assertTrue(filled > 20, filled + " pixels changed");
    }

    @Test
    void inpaintTakesMasksZerosSaturationAndNaN() {
        for (final String kind : new String[] {"mask image", "zeros", "saturated", "nan"}) {
            final float mark =
                    switch (kind) {
                        case "zeros" -> 0;
                        case "saturated" -> 4095;
                        case "nan" -> Float.NaN;
                        default -> 777;
                    };
            final ImagePlus input = spots();
            for (int y = 10; y < 16; y++)
                for (int x = 20; x < 26; x++) input.getProcessor().setf(x, y, mark);
            final Result result =
                    run(
                            input,
"""
newImage('mask', '8-bit black', 48, 40, 1);
makeRectangle(20, 10, 6, 6);
run('Set...', 'value=1');
selectImage('spots.tif');
run('DeqIR Inpaint...', 'missing=[%s] mask=mask model=smoother steps=6');
"""
                                    .formatted(kind));
            final FloatProcessor filled =
                    (FloatProcessor) result.image("spots-inpainted").getProcessor();
            final ImageProcessor truth = spots().getProcessor();
            for (int y = 0; y < 40; y++)
                for (int x = 0; x < 48; x++)
                    if (x < 20 || x >= 26 || y < 10 || y >= 16)
                        assertEquals(truth.getf(x, y), filled.getf(x, y), kind);
                    else if (kind.equals("saturated"))
                        assertEquals(4095, filled.getf(x, y), "no darker than saturation");
                    else assertEquals(truth.getf(x, y), filled.getf(x, y), 40, kind);
        }
    }

    @Test
    void colorizeKeepsTheGreyLevelsExactly() {
        final ImagePlus input = Images.hyperstack(8, 1, 2, 1);
        final Result result =
                run(
                        input,
                        "run('DeqIR Colorize...', 'model=smoother-rgb steps=3');"
                                + "run('Conversions...', ' '); run('8-bit');");
        final ImagePlus grey = result.image("cells-colorized");
        for (int n = 1; n <= 2; n++) assertArrayEquals(pixels(input, n), pixels(grey, n));
        assertEquals(
                ImagePlus.COLOR_RGB,
                run(input, "run('DeqIR Colorize...', 'model=smoother-rgb steps=3');")
                        .image("cells-colorized")
                        .getType());
    }

    @ParameterizedTest
    @ValueSource(strings = {"walsh-hadamard", "block", "scan mask"})
    void compressedMeasurementsSurviveAsTiff(String sensing, @TempDir Path folder) {
        final Result result =
                runOnSpots(
                        """
                        run('DeqIR Degrade...', 'operator=sensing sensing=[%s] ratio=0.6 key=5');
                        saveAs('Tiff', '%s');
                        close();
                        open('%s');
                        rename('measured');
                        run('DeqIR Compressed Sensing...', 'steps=6 model=smoother');
                        """
                                .formatted(
                                        sensing, folder.resolve("m.tif"), folder.resolve("m.tif")));
        final ImagePlus restored = result.image("measured-reconstructed");
        assertTrue(error(restored) < 30, "error " + error(restored));
        assertNull(restored.getProp("deqir.sensing"));
        assertTrue(info(restored).contains("ratio=0.6 key=5"), info(restored));
    }

    @Test
    void degradeIsReproducibleAndWritesWhatItDid() {
        final String degrade =
                "run('DeqIR Degrade...', 'noise=poisson-gaussian gain=2 offset=100 readout=3"
                        + " seed=%d');";
        final ImagePlus first = run(spots(), degrade.formatted(1)).image("spots-degraded");
        final ImagePlus second = run(spots(), degrade.formatted(1)).image("spots-degraded");
        final ImagePlus other = run(spots(), degrade.formatted(2)).image("spots-degraded");
        assertArrayEquals(pixels(first, 1), pixels(second, 1));
        assertFalse(java.util.Arrays.equals(pixels(first, 1), pixels(other, 1)));
        assertEquals("poisson-gaussian", first.getProp("deqir.noise"));
        assertEquals("2.0", first.getProp("deqir.gain"));
        assertEquals("3.0", first.getProp("deqir.readout"));
    }

    @Test
    void givenKeysWinOverStoredOnes() {
        final Result result =
                runOnSpots(
                        "run('DeqIR Degrade...', 'noise=gaussian sigma=4');"
                                + "run('DeqIR Denoise...', 'sigma=9 model=smoother');");
        final String info = info(result.image("spots-degraded-denoised"));
        assertTrue(info.contains("DeqIR noise: Gaussian noise, sigma 9"), info);
    }

    @Test
    void slicesOfADegradedStackHaveIndependentNoise() {
        final ImagePlus flat = IJ.createImage("flat", "16-bit black", 32, 32, 2);
        final ImagePlus noisy =
                run(flat, "run('DeqIR Degrade...', 'noise=gaussian sigma=10');")
                        .image("flat-degraded");
        final float[] a = pixels(noisy, 1);
        final float[] b = pixels(noisy, 2);
        double product = 0;
        for (int i = 0; i < a.length; i++) product += a[i] * b[i];
        assertEquals(0, product / a.length / 100, 0.15, "correlation");
        assertEquals(10, spread(noisy, 1), 1);
    }

    @Test
    void compareFillsTheResultsTableAndMapsTheErrors() {
        final Result result =
                runOnSpots(
"""
run('Duplicate...', 'title=estimate');
run('Add...', 'value=3');
run('DeqIR Compare...', 'reference=spots.tif peak=100');
print(nResults + ' ' + getResult('PSNR', 0) + ' ' + getResult('SI-PSNR', 0)
    + ' ' + getResult('Pearson', 0) + ' ' + getResultLabel(0) + ' ' + getTitle());
""");
        final String[] values = result.log().trim().split(" ");
        assertEquals("1", values[0]);
        assertEquals(20 * Math.log10(100 / 3.0), Double.parseDouble(values[1]), 1e-3);
        assertTrue(Double.parseDouble(values[2]) > 80, "a constant offset does not count");
        assertEquals(1, Double.parseDouble(values[3]), 1e-6);
        assertEquals("estimate", values[4]);
        assertEquals("estimate-errors", values[5]);
        for (final float error : pixels(result.image("estimate-errors"), 1))
            assertEquals(3, error, 1e-4);
    }

    @Test
    void theRecordedLineOfTheInfoRepeatsTheRun() {
        final ImagePlus input = Images.hyperstack(32, 1, 1, 1);
        final ImagePlus first =
                run(
                                input,
                                "run('DeqIR Deblur...', 'blur=gaussian width=1 noise=gaussian"
                                        + " sigma=20 mode=sample steps=4 model=smoother seed=3');")
                        .image("cells-deblurred");
        final String line = info(first).split("DeqIR command: ")[1].split("\n")[0];
        final ImagePlus second = run(input, line).image("cells-deblurred");
        assertArrayEquals(pixels(first, 1), pixels(second, 1));
        assertNotEquals(first.getID(), second.getID());
    }

    // -- Helpers --

    private static Result run(ImagePlus image, String macro) {
        return MacroRunner.run(image, macro).succeeded();
    }

    private static Result runOnSpots(String macro) {
        return run(spots(), macro);
    }

    /** Smooth spots of 100 to 200 grey levels on a dark field of 20. */
    private static ImagePlus spots() {
        final FloatProcessor spots = new FloatProcessor(48, 40);
        final int[][] places = {{12, 11, 100}, {30, 14, 200}, {22, 29, 150}, {40, 30, 120}};
        for (int y = 0; y < 40; y++)
            for (int x = 0; x < 48; x++) {
                double level = 20;
                for (final int[] place : places)
                    level +=
                            place[2]
                                    * Math.exp(
                                            -(Math.pow(x - place[0], 2) + Math.pow(y - place[1], 2))
                                                    / 18);
                spots.setf(x, y, (float) level);
            }
        return new ImagePlus("spots.tif", spots);
    }

    private static double error(ImagePlus image) {
        final float[] truth = pixels(spots(), 1);
        final float[] actual = pixels(image, 1);
        double sum = 0;
        for (int i = 0; i < truth.length; i++) sum += Math.pow(truth[i] - actual[i], 2);
        return Math.sqrt(sum / truth.length);
    }

    private static void assertCloser(Result result, String restored, String measured) {
        final double after = error(result.image(restored));
        final double before = error(result.image(measured));
        assertTrue(after < 0.8 * before, "error " + after + ", of the measurement " + before);
    }

    private static String info(ImagePlus image) {
        return String.valueOf(image.getProperty("Info"));
    }

    private static float[] pixels(ImagePlus image, int slice) {
        final ImageProcessor ip = image.getStack().getProcessor(slice);
        final float[] pixels = new float[ip.getPixelCount()];
        for (int i = 0; i < pixels.length; i++) pixels[i] = ip.getf(i);
        return pixels;
    }

    private static double mean(ImagePlus image, int slice) {
        return image.getStack().getProcessor(slice).getStats().mean;
    }

    private static double spread(ImagePlus image, int slice) {
        return image.getStack().getProcessor(slice).getStats().stdDev;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void pointsOutsideOfTheImageMarkNothing(boolean overlay) {
        final ImagePlus input = spots();
        final Result result =
                run(
                        input,
"""
makeSelection('point', newArray(10, 60, -5, 12, 3), newArray(10, 20, 8, -9, 400));
%s
run('DeqIR Inpaint...', 'missing=selection model=smoother steps=4');
"""
                                .formatted(
                                        overlay
                                                ? "Overlay.addSelection; run('Select None');"
                                                : ""));
        final ImageProcessor filled = result.image("spots-inpainted").getProcessor();
        final ImageProcessor before = spots().getProcessor();
        for (int y = 0; y < 40; y++)
            for (int x = 0; x < 48; x++)
                if (x != 10 || y != 10) assertEquals(before.getf(x, y), filled.getf(x, y), 0);
    }

    /**
     * A bright square is clipped at the largest value of a camera: what is filled in is no darker,
     * in samples that can hold it.
     */
    @ParameterizedTest
    @CsvSource({
        "16, 4095, 0, 16", // right-aligned
        "16, 65520, 0, 32", // left-aligned
        "16, 65535, 0, 32",
        "16, 4095, -32768, 16", // signed
        "16, 32767, -32768, 32",
        "8, 255, 0, 16",
        "24, 255, 0, 24"
    })
    void saturatedPixelsBecomeNoDarker(int bits, int level, int intercept, int expected) {
        final ImagePlus input = IJ.createImage("bright.tif", 48, 40, 1, bits);
        final ImageProcessor ip = input.getProcessor();
        for (int y = 0; y < 40; y++)
            for (int x = 0; x < 48; x++) {
                final int far = Math.max(Math.abs(x - 23), Math.abs(y - 20));
                final int grey = far < 4 ? level : level * (24 - Math.min(far, 20)) / 24;
                ip.set(x, y, bits == 24 ? grey << 16 | 0x2050 : grey - intercept);
            }
        if (intercept != 0)
            input.getCalibration()
                    .setFunction(
                            ij.measure.Calibration.STRAIGHT_LINE,
                            new double[] {intercept, 1},
                            "gray value");
        final Result run =
                run(
                        input,
                        "run('DeqIR Inpaint...', 'missing=saturated model=%s steps=4');"
                                .formatted(bits == 24 ? "smoother-rgb" : "smoother"));
        final ImagePlus result = run.image("bright-inpainted");
        assertEquals(expected, result.getBitDepth());
        assertEquals(expected != bits, info(result).contains("bits can hold"));
        final double shift = result.getBitDepth() == 32 ? 0 : intercept;
        for (int y = 0; y < 40; y++)
            for (int x = 0; x < 48; x++) {
                final boolean clipped = Math.max(Math.abs(x - 23), Math.abs(y - 20)) < 4;
                final int raw = ip.get(x, y);
                final double was = bits == 24 ? raw >> 16 & 0xff : raw + intercept;
                final double is =
                        bits == 24
                                ? result.getProcessor().get(x, y) >> 16 & 0xff
                                : result.getProcessor().getf(x, y) + shift;
                if (clipped) assertTrue(is >= was, is + " of " + was);
                else assertEquals(was, is, 1e-3);
            }
    }

    /** One plane of a stack has nothing in it: the others are restored, it is copied, and said. */
    @ParameterizedTest
    @CsvSource({
        "0, 'DeqIR Denoise...', 'noise=auto'",
        "7, 'DeqIR Denoise...', 'noise=gaussian sigma=20'",
        "NaN, 'DeqIR Denoise...', 'noise=gaussian sigma=20'",
        "NaN, 'DeqIR Denoise...', 'noise=auto mode=sample samples=2'",
        "NaN, 'DeqIR Deblur...', 'width=1 noise=gaussian sigma=20 steps=2'",
        "NaN, 'DeqIR Super-Resolution...', 'scale=2 noise=none steps=2'",
        "7, 'DeqIR Super-Resolution...', 'scale=2 noise=none steps=2'",
        "0, 'DeqIR Inpaint...', 'missing=zeros steps=2'",
        "NaN, 'DeqIR Inpaint...', 'missing=nan steps=2'",
        "NaN, 'DeqIR Compressed Sensing...', 'sensing=[scan mask] steps=2'",
        "0, 'DeqIR Compressed Sensing...', 'sensing=block ratio=0.5 steps=2'",
        "NaN, 'DeqIR Colorize...', 'steps=2'",
        "NaN, 'DeqIR Degrade...', 'operator=blur width=1'"
    })
    void aBlankPlaneDoesNotStopAStack(float blank, String command, String options) {
        final ImagePlus input = IJ.createImage("stack.tif", 24, 20, 3, 32);
        for (int n = 1; n <= 3; n++)
            for (int i = 0; i < 480; i++) {
                final float level = 20 + (i * 7919L % 101) + n;
                input.getStack().getProcessor(n).setf(i, n == 2 ? blank : level);
            }
        for (int n = 1; n <= 3; n += 2)
            if (options.contains("zeros")) input.getStack().getProcessor(n).setf(5, 0);
            else if (options.contains("nan") || options.contains("scan"))
                input.getStack().getProcessor(n).setf(5, Float.NaN);
        final boolean colour = command.contains("Colorize");
        final Result run =
                run(
                        input,
                        "run('%s', '%s%s');rename('result');"
                                .formatted(
                                        command,
                                        options,
                                        command.contains("Degrade")
                                                ? ""
                                                : " model=smoother" + (colour ? "-rgb" : "")));
        final ImagePlus result = run.image("result");
        final ImageProcessor plane = result.getStack().getProcessor(2);
        for (int i = 0; i < plane.getPixelCount() && !colour; i++)
            assertEquals(blank, plane.getf(i), 0);
        assertTrue(spread(result, 3) > 0);
        assertTrue(info(result).contains("Slice 2 was copied"), info(result));
    }

    /** Nothing to restore in any plane of a stack: the whole is copied, and said. */
    @ParameterizedTest
    @CsvSource({
        "NaN, 'DeqIR Denoise...', 'noise=auto'",
        "7, 'DeqIR Denoise...', 'noise=gaussian sigma=20'",
        "0, 'DeqIR Deblur...', 'width=1 noise=auto'",
        "NaN, 'DeqIR Super-Resolution...', 'scale=2 noise=auto'",
        "0, 'DeqIR Inpaint...', 'missing=zeros'",
        "NaN, 'DeqIR Inpaint...', 'missing=nan'",
        "7, 'DeqIR Denoise...', 'noise=auto mode=sample samples=2'",
        "7, 'DeqIR Deblur...', 'width=1 noise=gaussian sigma=20 warm=true'",
        "0, 'DeqIR Compressed Sensing...', 'sensing=block ratio=0.5'",
        "NaN, 'DeqIR Compressed Sensing...', 'sensing=[scan mask]'",
        "NaN, 'DeqIR Degrade...', 'operator=blur width=1'"
    })
    void aStackOfBlankPlanesIsCopied(float blank, String command, String options) {
        final ImagePlus input = IJ.createImage("stack.tif", 24, 20, 2, 32);
        for (int n = 1; n <= 2; n++)
            for (int i = 0; i < 480; i++) input.getStack().getProcessor(n).setf(i, blank);
        final Result run =
                run(
                        input,
                        "run('%s', '%s%s');rename('result');"
                                .formatted(
                                        command,
                                        options,
                                        command.contains("Degrade") ? "" : " model=smoother"));
        final ImagePlus result = run.image("result");
        for (int n = 1; n <= 2; n++)
            for (final float level : pixels(result, n)) assertEquals(blank, level, 0);
        for (int n = 1; n <= 2; n++)
            assertTrue(info(result).contains("Slice " + n + " was copied"), info(result));
    }

    /** The level that a blank plane has in the selection, not that at the corner of the image. */
    @Test
    void anEnlargedSelectionOfABlankPlaneHasItsLevel() {
        final ImagePlus input = IJ.createImage("stack.tif", 90, 90, 2, 32);
        for (int i = 0; i < 8100; i++) {
            input.getStack().getProcessor(1).setf(i, i * 7919L % 101);
            input.getStack().getProcessor(2).setf(i, i == 0 ? 9 : 5);
        }
        input.setRoi(80, 80, 8, 6);
        final ImagePlus result =
                run(
                                input,
                                "run('DeqIR Super-Resolution...', 'scale=2 noise=none steps=2"
                                        + " model=smoother');rename('result');")
                        .image("result");
        for (final float level : pixels(result, 2)) assertEquals(5, level, 0);
    }

    /** A slice that cannot be compared gets a row of NaN and a sentence; alone it is refused. */
    @Test
    void compareTellsOfASliceWithoutNumbersAndComparesTheOthers() {
        final ImagePlus input = Images.hyperstack(32, 1, 3, 1);
        for (int i = 0; i < 5; i++) input.getStack().getProcessor(2).setf(i, Float.NaN);
        final Result result =
                run(
                        input,
                        "rename('a'); run('Duplicate...', 'title=b duplicate'); run('Add...',"
                                + " 'value=1 stack'); run('DeqIR Compare...', 'reference=a');"
                                + "print(nResults + ' ' + getResult('NRMSE', 0) + ' '"
                                + " + getResult('NRMSE', 1) + ' ' + getResult('NRMSE', 2));");
        assertTrue(result.log().contains("Slice 2 was not compared"), result.log());
        final String[] values = result.log().trim().lines().toList().get(1).split(" ");
        assertEquals("3", values[0]);
        assertTrue(Double.parseDouble(values[1]) > 0 && Double.parseDouble(values[3]) > 0);
        assertEquals("NaN", values[2]);
        final float[] errors = pixels(result.image("b-errors"), 2);
        assertTrue(Float.isNaN(errors[0]));
        assertEquals(1, errors[99], 1e-3);
    }
}
