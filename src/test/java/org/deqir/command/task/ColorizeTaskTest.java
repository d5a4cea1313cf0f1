/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ColorizeTaskTest {

    @Property
    void theSumIsKeptWithinTheRangeOfRgb(
            @ForAll @FloatRange(min = -300, max = 600) float red,
            @ForAll @FloatRange(min = -300, max = 600) float green,
            @ForAll @FloatRange(min = -300, max = 600) float blue,
            @ForAll @IntRange(max = 765) int sum) {
        final int[] colour = ColorizeTask.withSum(new float[] {red, green, blue}, sum);
        assertEquals(sum, Arrays.stream(colour).sum());
        for (final int channel : colour) assertTrue(channel >= 0 && channel <= 255);
    }

    @Property
    void aColourThatFitsIsOnlyRounded(
            @ForAll @FloatRange(min = 0, max = 255) float red,
            @ForAll @FloatRange(min = 0, max = 255) float green,
            @ForAll @FloatRange(min = 0, max = 255) float blue) {
        final float[] wanted = {red, green, blue};
        final int sum = Math.round(red + green + blue);
        final int[] colour = ColorizeTask.withSum(wanted, sum);
        for (int c = 0; c < 3; c++) assertEquals(wanted[c], colour[c], 1.5);
    }

    @Test
    void whatOneChannelCannotTakeGoesToTheOthers() {
        assertArrayEquals(
                new int[] {255, 100, 20},
                ColorizeTask.withSum(new float[] {300, 77.5f, -2.5f}, 375));
    }
}
