/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.CompositeImage;
import ij.ImagePlus;
import ij.gui.OvalRoi;
import ij.gui.Overlay;
import ij.gui.Roi;
import ij.measure.Calibration;
import ij.process.ImageProcessor;
import ij.process.LUT;
import java.awt.Color;
import java.util.Map;
import org.deqir.command.Images;
import org.deqir.command.image.ResultImage.Samples;
import org.deqir.image.Plane;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ResultImageTest {

    private static final int MARGIN = 4;

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 24, 32})
    void whatIsReadAndPutBackIsTheSameImage(int bitDepth) {
        final ImagePlus input = Images.hyperstack(bitDepth, bitDepth == 24 ? 1 : 2, 3, 2);
        final ImagePlus result = roundTrip(input, "all", Region.whole(input));
        assertSamePixels(input, result);
        assertEquals(input.getType(), result.getType());
        assertArrayEquals(input.getDimensions(), result.getDimensions());
        assertEquals(input.getStack().getSliceLabel(5), result.getStack().getSliceLabel(5));
        assertEquals("Objective: 63x", result.getProperty("Info"));
        assertEquals("oil", result.getProp("Lens"));
        assertTrue(input.getCalibration().equals(result.getCalibration()));
        assertEquals(input.isHyperStack(), result.isHyperStack());
    }

    @Test
    void signed16BitSamplesSurvive() {
        final ImagePlus input = Images.hyperstack(16, 1, 1, 1);
        input.getLocalCalibration().setSigned16BitCalibration();
        final ImagePlus result = roundTrip(input, "all", Region.whole(input));
        assertSamePixels(input, result);
        assertTrue(result.getLocalCalibration().isSigned16Bit());
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 16, 24, 32})
    void onlyPixelsInsideTheSelectionChange(int bitDepth) {
        final ImagePlus input = Images.hyperstack(bitDepth, 1, 2, 1);
        final Roi oval = new OvalRoi(-3, 5, 12, 9);
        input.setRoi(oval);
        final PlaneSource source = PlaneSource.of(input);
        final SliceSelection slices = SliceSelection.parse("all", input);
        final Region region = Region.selected(input, MARGIN);
        final ResultImage builder = new ResultImage(source, slices, region, 1, Samples.LIKE_INPUT);
        for (int i = 0; i < 2; i++) builder.put(i, constant(source, region, 99));
        final ImagePlus result = builder.build("r");
        int inside = 0;
        for (int n = 1; n <= 2; n++)
            for (int y = 0; y < Images.HEIGHT; y++)
                for (int x = 0; x < Images.WIDTH; x++) {
                    final ImageProcessor before = input.getStack().getProcessor(n);
                    final ImageProcessor after = result.getStack().getProcessor(n);
                    if (!oval.contains(x, y)) assertEquals(before.get(x, y), after.get(x, y));
                    else {
                        inside++;
                        if (bitDepth == 24) assertEquals(0xff636363, after.get(x, y));
                        else assertEquals(99f, after.getf(x, y));
                    }
                }
        assertTrue(inside > 60, inside + " pixels are inside");
    }

    @Test
    void theRightPartOfTheContextIsTaken() {
        final ImagePlus input = Images.hyperstack(32, 1, 1, 1);
        input.setRoi(6, 3, 5, 7);
        assertSamePixels(input, roundTrip(input, "all", Region.selected(input, MARGIN)));
    }

    @ParameterizedTest
    @CsvSource({"8, -3.4, 0", "8, 254.6, 255", "8, 300, 255", "16, 65536, 65535", "16, 70.5, 71"})
    void integerSamplesTakeTheNearestValueTheyCanHold(int bitDepth, float level, int expected) {
        final ImagePlus input = Images.hyperstack(bitDepth, 1, 1, 1);
        final PlaneSource source = PlaneSource.of(input);
        final Region region = Region.whole(input);
        final ResultImage builder =
                new ResultImage(
                        source, SliceSelection.parse("all", input), region, 1, Samples.LIKE_INPUT);
        builder.put(0, constant(source, region, level));
        assertEquals(expected, builder.build("r").getProcessor().get(7));
    }

    @Test
    void lookUpTablesRangesAndModesOfChannelsAreKept() {
        final CompositeImage input = (CompositeImage) Images.hyperstack(16, 3, 2, 1);
        final LUT[] luts = {
            LUT.createLutFromColor(Color.MAGENTA),
            LUT.createLutFromColor(Color.GREEN),
            LUT.createLutFromColor(Color.CYAN)
        };
        for (int c = 0; c < 3; c++) {
            luts[c].min = 1000 + c;
            luts[c].max = 3000 + c;
        }
        input.setLuts(luts);
        input.getActiveChannels()[1] = false;
        // channels 2 and 3 of both slices
        final CompositeImage result =
                assertInstanceOf(
                        CompositeImage.class, roundTrip(input, "2-3,5-6", Region.whole(input)));
        assertEquals(CompositeImage.COMPOSITE, result.getMode());
        assertArrayEquals(new int[] {Images.WIDTH, Images.HEIGHT, 2, 2, 1}, result.getDimensions());
        final LUT[] kept = result.getLuts();
        assertEquals(luts[1].getRGB(255), kept[0].getRGB(255));
        assertEquals(luts[2].getRGB(255), kept[1].getRGB(255));
        assertEquals(1001, kept[0].min);
        assertEquals(3002, kept[1].max);
        assertArrayEquals(
                new boolean[] {false, true},
                java.util.Arrays.copyOf(result.getActiveChannels(), 2));
        // one channel alone keeps its own table
        final ImagePlus single = roundTrip(input, "3", Region.whole(input));
        assertEquals(luts[2].getRGB(255), single.getProcessor().getLut().getRGB(255));
        assertEquals(3002, single.getDisplayRangeMax());
    }

    @Test
    void theDisplayRangeOfAStackIsKeptOnEverySlice() {
        final ImagePlus input = Images.hyperstack(16, 1, 3, 1);
        input.setDisplayRange(1234, 2345);
        final ImagePlus result = roundTrip(input, "all", Region.whole(input));
        result.setSlice(3);
        assertEquals(1234, result.getDisplayRangeMin());
        assertEquals(2345, result.getDisplayRangeMax());
    }

    @Test
    void selectedSlicesCarryTheirPlaceInSpaceAndTime() {
        final ImagePlus input = Images.hyperstack(8, 1, 3, 4);
        // slices 2 and 3 of frames 2 and 4
        final ImagePlus result = roundTrip(input, "5-6,11-12", Region.whole(input));
        assertArrayEquals(new int[] {Images.WIDTH, Images.HEIGHT, 1, 2, 2}, result.getDimensions());
        final Calibration before = input.getCalibration();
        final Calibration after = result.getCalibration();
        assertEquals(before.getZ(1), after.getZ(0), 1e-12);
        assertEquals(before.getZ(2), after.getZ(1), 1e-12);
        assertEquals(2 * before.frameInterval, after.frameInterval, 1e-12);
        assertEquals("plane 5", result.getStack().getSliceLabel(1));
    }

    @ParameterizedTest
    @CsvSource({"3, 0", "2, 4"})
    void anEnlargedSelectionKeepsItsPlaceInSpace(int scale, int margin) {
        final ImagePlus input = Images.hyperstack(16, 1, 2, 1);
        final Overlay overlay = new Overlay(new Roi(8, 6, 3, 2));
        overlay.get(0).setPosition(2);
        input.setOverlay(overlay);
        input.setRoi(6, 4, 10, 8);
        final PlaneSource source = PlaneSource.of(input);
        final Region region = Region.selected(input, margin);
        final SliceSelection slices = SliceSelection.parse("2", input);
        final ResultImage builder =
                new ResultImage(source, slices, region, scale, Samples.LIKE_INPUT);
        builder.put(0, enlarged(source.read(2, region.context()), scale));
        final ImagePlus result = builder.build("r");
        assertEquals(10 * scale, result.getWidth());
        assertEquals(8 * scale, result.getHeight());
        for (int y = 0; y < 8 * scale; y++)
            for (int x = 0; x < 10 * scale; x++)
                assertEquals(
                        input.getStack().getProcessor(2).get(6 + x / scale, 4 + y / scale),
                        result.getProcessor().get(x, y));
        final Calibration before = input.getCalibration();
        final Calibration after = result.getCalibration();
        assertEquals(before.pixelWidth / scale, after.pixelWidth, 1e-12);
        assertEquals(before.getX(6), after.getX(0), 1e-12);
        assertEquals(before.getY(12.5), after.getY(8.5 * scale), 1e-12);
        final Roi moved = result.getOverlay().get(0);
        assertEquals((8 - 6) * scale, moved.getXBase(), 1e-9);
        assertEquals(3 * scale, moved.getFloatWidth(), 1e-9);
        assertEquals(1, moved.getPosition());
    }

    @Test
    void overlaysOfPlanesThatAreNotSelectedAreLeftOut() {
        final ImagePlus input = Images.hyperstack(8, 2, 2, 1);
        final Overlay overlay = new Overlay();
        final Roi everywhere = new Roi(1, 1, 2, 2);
        final Roi here = new Roi(2, 2, 2, 2);
        here.setPosition(2, 1, 1);
        final Roi elsewhere = new Roi(3, 3, 2, 2);
        elsewhere.setPosition(1, 2, 1);
        for (final Roi roi : new Roi[] {everywhere, here, elsewhere}) overlay.add(roi);
        input.setOverlay(overlay);
        final ImagePlus result = roundTrip(input, "2,4", Region.whole(input));
        assertEquals(2, result.getOverlay().size());
        assertEquals(1, result.getOverlay().get(1).getCPosition());
        assertEquals(3, overlay.size(), "the input's overlay is untouched");
    }

    @Test
    void floatResultsHaveGreyLevelsAndChannelsForColours() {
        final ImagePlus signed = Images.hyperstack(16, 1, 1, 1);
        signed.getLocalCalibration().setSigned16BitCalibration();
        signed.setDisplayRange(32768, 33768);
        final PlaneSource source = PlaneSource.of(signed);
        final ResultImage builder =
                new ResultImage(
                        source,
                        SliceSelection.parse("all", signed),
                        Region.whole(signed),
                        1,
                        Samples.FLOAT);
        builder.copy(0);
        final ImagePlus result = builder.build("r");
        assertEquals(32, result.getBitDepth());
        assertEquals(
                signed.getProcessor().get(5) - 32768f, result.getProcessor().getf(5), "grey level");
        assertEquals(1000, result.getDisplayRangeMax());

        final ImagePlus rgb = Images.hyperstack(24, 1, 2, 1);
        final PlaneSource colours = PlaneSource.of(rgb);
        final ResultImage three =
                new ResultImage(
                        colours,
                        SliceSelection.parse("all", rgb),
                        Region.whole(rgb),
                        1,
                        Samples.FLOAT);
        for (int i = 0; i < 2; i++) three.put(i, colours.read(i + 1, colours.bounds()));
        final ImagePlus channels = three.build("r");
        assertArrayEquals(
                new int[] {Images.WIDTH, Images.HEIGHT, 3, 2, 1}, channels.getDimensions());
        assertEquals(
                rgb.getStack().getProcessor(2).get(9) >> 8 & 0xff,
                channels.getStack().getProcessor(5).getf(9),
                "green of slice 2");
    }

    @Test
    void theStoredDegradationIsNotCarriedOver() {
        final ImagePlus input = Images.hyperstack(8, 1, 1, 1);
        StoredDegradation.store(input, Map.of("sigma", 25));
        final ImagePlus result = roundTrip(input, "all", Region.whole(input));
        assertNull(result.getProp("deqir.sigma"));
        assertEquals(Map.of("sigma", "25"), StoredDegradation.read(input));
    }

    @Test
    void aSelectionWithoutPixelsIsRefused() {
        final ImagePlus input = Images.hyperstack(8, 1, 1, 1);
        input.setRoi(new OvalRoi(100, 100, 5, 5));
        final var e =
                assertThrows(IllegalArgumentException.class, () -> Region.selected(input, MARGIN));
        assertTrue(e.getMessage().contains("no pixel"), e.getMessage());
    }

    private static ImagePlus roundTrip(ImagePlus input, String which, Region region) {
        final PlaneSource source = PlaneSource.of(input);
        final SliceSelection slices = SliceSelection.parse(which, input);
        final ResultImage builder = new ResultImage(source, slices, region, 1, Samples.LIKE_INPUT);
        for (int i = 0; i < slices.size(); i++)
            builder.put(i, source.read(slices.index(i), region.context()));
        return builder.build("result");
    }

    private static void assertSamePixels(ImagePlus expected, ImagePlus actual) {
        for (int n = 1; n <= expected.getStackSize(); n++)
            assertArrayEquals(
                    expected.getStack().getProcessor(n).getFloatArray(),
                    actual.getStack().getProcessor(n).getFloatArray());
    }

    private static Plane constant(PlaneSource source, Region region, float level) {
        final int size = region.context().width * region.context().height;
        final float[][] channels = new float[source.channels()][size];
        for (final float[] channel : channels) java.util.Arrays.fill(channel, level);
        return new Plane(channels, region.context().width, region.context().height);
    }

    private static Plane enlarged(Plane plane, int scale) {
        final float[] large = new float[plane.size() * scale * scale];
        final int width = plane.width() * scale;
        for (int i = 0; i < large.length; i++)
            large[i] = plane.channels()[0][i / width / scale * plane.width() + i % width / scale];
        return Plane.of(large, width, plane.height() * scale);
    }
}
