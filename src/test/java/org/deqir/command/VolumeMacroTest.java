/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import org.deqir.testing.MacroRunner;
import org.deqir.testing.MacroRunner.Result;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Volumes by the text of a real macro, headless. */
@Tag("slow")
class VolumeMacroTest {

    private static final String NOISE = " noise=gaussian sigma=20 steps=2 model=smoother";

    private static final String CELLS =
            "newImage('cells', '32-bit ramp', 20, 18, 24);"
                    + "run('Add Specified Noise...', 'stack standard=0.1');"
                    + "run('Multiply...', 'value=900 stack');"
                    + "run('Properties...', 'channels=2 slices=6 frames=2 unit=um pixel_width=0.1"
                    + " pixel_height=0.1 voxel_depth=0.2');";

    private static final String PSF =
            "newImage('point', '32-bit black', 5, 5, 9); setSlice(5); setPixel(2, 2, 1);"
                    + "run('Gaussian Blur 3D...', 'x=0.7 y=0.7 z=1.5');"
                    + "run('Properties...', 'channels=1 slices=9 frames=1 unit=um pixel_width=0.1"
                    + " pixel_height=0.1 voxel_depth=%s');";

    private static String deblur(String more) {
        return "selectImage('cells'); run('DeqIR Deblur...', 'blur=[psf image] psf=point"
                + NOISE
                + more
                + "');";
    }

    private static Result run(String macro) {
        return MacroRunner.run(macro).succeeded();
    }

    @Test
    void eachChannelOfEachFrameIsAVolume() {
        final Result result = run(PSF.formatted("0.1") + CELLS + deblur(""));
        final ImagePlus cells = result.image("cells");
        final ImagePlus deblurred = result.image("cells-deblurred");
        assertArrayEquals(cells.getDimensions(), deblurred.getDimensions());
        assertTrue(cells.getCalibration().equals(deblurred.getCalibration()));
        final String info = (String) deblurred.getProperty("Info");
        assertTrue(info.contains("DeqIR operator: PSF of 5 × 5 × 5 voxels"), info);
        assertTrue(info.contains("was resampled"), info);
        assertTrue(info.contains("xy, xz, yz in turn"), info);
        double change = 0;
        for (int n = 1; n <= cells.getStackSize(); n++)
            change +=
                    Math.abs(
                            cells.getStack().getProcessor(n).getf(9, 8)
                                    - deblurred.getStack().getProcessor(n).getf(9, 8));
        assertTrue(change > 1, change + "");
    }

    /**
     * Slices around the selected ones are data: their result is that of the whole but for a rest.
     */
    @Test
    void aSelectionIsRestoredWithItsSurroundings() {
        final Result result =
                run(
                        PSF.formatted("0.2")
                                + CELLS
                                + "makeRectangle(6, 5, 7, 6);"
                                + deblur(" slices=5-8 dimensions=3"));
        final ImagePlus cells = result.image("cells");
        final ImagePlus part = result.image("cells-deblurred");
        assertArrayEquals(new int[] {20, 18, 2, 2, 1}, part.getDimensions());
        for (int n = 1; n <= 4; n++)
            assertEquals(
                    cells.getStack().getProcessor(n + 4).getf(2, 2),
                    part.getStack().getProcessor(n).getf(2, 2));
    }

    @Test
    void twoDimensionsStaySliceBySlice() {
        final String macro =
                "newImage('point', '32-bit black', 5, 5, 1); setPixel(2, 2, 1);"
                        + CELLS
                        + deblur(" slices=1");
        final String info = (String) run(macro).image("cells-deblurred").getProperty("Info");
        assertTrue(!info.contains("in turn"), info);
    }

    /** What a PSF has beyond the volume is told; a hot pixel is part of the estimated noise. */
    @Test
    void aLargePsfAndAHotPixelAreTold() {
        final Result result =
                run(
                        PSF.formatted("0.1")
                                + "newImage('cells', '32-bit black', 40, 36, 3);"
                                + "run('Add Specified Noise...', 'stack standard=9');"
                                + "setSlice(2); setPixel(20, 17, 5000);"
                                + "run('Properties...', 'channels=1 slices=3 frames=1 unit=um"
                                + " pixel_width=0.1 pixel_height=0.1 voxel_depth=0.1');"
                                + "run('DeqIR Deblur...', 'dimensions=3 blur=[psf image] psf=point"
                                + " noise=auto steps=2 model=smoother');");
        final ImagePlus deblurred = result.image("cells-deblurred");
        final String info = (String) deblurred.getProperty("Info");
        assertTrue(info.contains("The PSF is larger than the volume"), info);
        assertTrue(info.contains("1 isolated voxel"), info);
        assertTrue(deblurred.getStack().getProcessor(2).getf(20, 17) < 500);
    }

    @Test
    void finerSlicesAreCloserTogether() {
        final Result result =
                run(
                        CELLS
                                + "run('DeqIR Super-Resolution...', 'axis=z scale=3 samples=2"
                                + NOISE
                                + "');");
        final ImagePlus finer = result.image("cells-z-x3");
        assertArrayEquals(new int[] {20, 18, 2, 18, 2}, finer.getDimensions());
        assertEquals(0.2 / 3, finer.getCalibration().pixelDepth, 1e-9);
        final ImagePlus spread = result.image("cells-z-x3-sd");
        assertArrayEquals(finer.getDimensions(), spread.getDimensions());
        assertTrue(((String) finer.getProperty("Info")).contains("pixel widths apart"));
    }

    @Test
    void aBlankVolumeIsCopied() {
        final Result result =
                run(
                        PSF.formatted("0.2")
                                + "newImage('cells', '16-bit black', 20, 18, 6);"
                                + "run('Properties...', 'channels=1 slices=6 frames=1 unit=um"
                                + " pixel_width=0.1 pixel_height=0.1 voxel_depth=0.2');"
                                + "run('Add...', 'value=7 stack');"
                                + deblur(""));
        final ImagePlus copy = result.image("cells-deblurred");
        assertEquals(7, copy.getStack().getProcessor(3).get(5, 5));
        assertTrue(((String) copy.getProperty("Info")).contains("was copied"));
    }
}
