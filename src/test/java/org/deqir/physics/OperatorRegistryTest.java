/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.physics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
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

    /** The records of the plugin that implement an interface. */
    private static Set<Class<?>> kindsOf(Class<?> type) {
        return new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("org.deqir")
                        .stream()
                        .filter(kind -> kind.isRecord() && kind.isAssignableTo(type))
                        .map(JavaClass::reflect)
                        .collect(Collectors.toSet());
    }
}
