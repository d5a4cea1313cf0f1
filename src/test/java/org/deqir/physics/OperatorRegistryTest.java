/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.HashSet;
import java.util.Set;
import org.deqir.physics.OperatorRegistry.Kind;
import org.junit.jupiter.api.Test;

class OperatorRegistryTest {

    @Test
    void everyKindOfDegradationIsListedWithAnExample() {
        final Set<Class<?>> listed = new HashSet<>();
        for (final Kind kind : OperatorRegistry.kinds()) {
            listed.add(kind.type());
            assertFalse(kind.examples().isEmpty(), kind.type().getSimpleName());
        }
        assertEquals(kindsOf(Degradation.class), listed);
        final Set<Class<?>> ofVolumes = new HashSet<>();
        OperatorRegistry.ofVolumes().forEach(example -> ofVolumes.add(example.getClass()));
        assertEquals(kindsOf(VolumeDegradation.class), ofVolumes);
    }

    /** The records that implement a sealed interface, directly or through another one. */
    private static Set<Class<?>> kindsOf(Class<?> sealed) {
        final Set<Class<?>> kinds = new HashSet<>();
        for (final Class<?> type : sealed.getPermittedSubclasses())
            if (type.isRecord()) kinds.add(type);
            else kinds.addAll(kindsOf(type));
        return kinds;
    }
}
