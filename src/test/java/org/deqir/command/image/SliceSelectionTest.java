/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.ImagePlus;
import java.util.stream.IntStream;
import org.deqir.command.Images;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SliceSelectionTest {

    private final ImagePlus stack = Images.hyperstack(8, 1, 8, 1);

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "all; 1 2 3 4 5 6 7 8",
                "current; 4",
                "2-7; 2 3 4 5 6 7",
                "1,3,5-6; 1 3 5 6",
                " 6 - 7 , 1; 1 6 7",
                "3,2-4,3; 2 3 4"
            })
    void namesPositionsInTheStack(String text, String expected) {
        stack.setSlice(4);
        final SliceSelection selection = SliceSelection.parse(text, stack);
        final String positions =
                IntStream.range(0, selection.size())
                        .mapToObj(i -> String.valueOf(selection.index(i)))
                        .reduce((a, b) -> a + " " + b)
                        .orElse("");
        assertEquals(expected, positions);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "9", "7-2", "3-12", "a", "1,,2", "-1", "2-", "99999999999"})
    void whatTheStackDoesNotHaveIsRefused(String text) {
        final var e =
                assertThrows(
                        IllegalArgumentException.class, () -> SliceSelection.parse(text, stack));
        assertTrue(e.getMessage().startsWith("slices = '" + text + "'"), e.getMessage());
    }

    @Test
    void allCombinationsOfSomeChannelsAndSlicesStayAHyperstack() {
        final ImagePlus image = Images.hyperstack(8, 2, 3, 2);
        final SliceSelection firstChannel = SliceSelection.parse("1,3,5,7,9,11", image);
        assertTrue(firstChannel.keepsDimensions());
        assertArrayEquals(new int[] {1}, firstChannel.channels());
        assertArrayEquals(new int[] {1, 2, 3}, firstChannel.slices());
        assertArrayEquals(new int[] {1, 2}, firstChannel.frames());
    }

    @Test
    void otherPlanesOfAHyperstackBecomeAPlainStack() {
        final SliceSelection some = SliceSelection.parse("1,4,5", Images.hyperstack(8, 2, 3, 1));
        assertFalse(some.keepsDimensions());
        assertArrayEquals(new int[] {1}, some.channels());
        assertEquals(3, some.slices().length);
        assertEquals(2, some.resultIndex(4));
        assertEquals(0, some.resultIndex(2));
    }
}
