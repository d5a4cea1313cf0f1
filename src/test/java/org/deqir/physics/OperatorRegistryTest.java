/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.deqir.physics.Degradation.Downsampling;
import org.deqir.physics.OperatorRegistry.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OperatorRegistryTest {

    @Test
    void everyKindOfDegradationIsListedWithAnExample() {
        final Set<Class<?>> listed = new HashSet<>();
        for (final Kind kind : OperatorRegistry.kinds()) {
            listed.add(kind.type());
            assertFalse(kind.examples().isEmpty(), kind.key());
        }
        assertEquals(kindsOf(Degradation.class), listed);
    }

    /** The records that implement a sealed interface, directly or through another one. */
    private static Set<Class<?>> kindsOf(Class<?> sealed) {
        final Set<Class<?>> kinds = new HashSet<>();
        for (final Class<?> type : sealed.getPermittedSubclasses())
            if (type.isRecord()) kinds.add(type);
            else kinds.addAll(kindsOf(type));
        return kinds;
    }

    @Test
    void whatHoldsNoImageIsReadBackFromItsText() {
        int written = 0;
        for (final Kind kind : OperatorRegistry.kinds())
            for (final OperatorRegistry.Example example : kind.examples()) {
                final Degradation degradation = example.of(24, 12);
                final var text = OperatorRegistry.write(degradation);
                if (text.isEmpty()) continue;
                assertEquals(degradation, OperatorRegistry.read(text.get()), text.get());
                written++;
            }
        assertTrue(written >= 15);
        assertEquals(
                "downsampling factor=4 kernel=bicubic",
                OperatorRegistry.write(new Downsampling(4, Downsampling.Kernel.BICUBIC)).get());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "sharpening amount=3 | sharpening",
                "psf-blur width=3 | psf-blur",
                "downsampling factor=4 | kernel",
                "downsampling factor=x kernel=average | factor",
                "downsampling factor=4 kernel=lanczos | lanczos",
                "downsampling factor=4 factor=4 kernel=average | factor=4",
                "downsampling factor=4 kernel=average phase=1 | phase",
                "downsampling factor=9 kernel=average | 9",
                "walsh-hadamard ratio=0 seed=1 | ratio"
            })
    void otherTextIsRefusedByName(String text, String named) {
        final var refusal =
                assertThrows(IllegalArgumentException.class, () -> OperatorRegistry.read(text));
        assertTrue(refusal.getMessage().contains(named), refusal.getMessage());
    }
}
