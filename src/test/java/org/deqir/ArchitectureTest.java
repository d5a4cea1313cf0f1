/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Arrows between packages point one way; only the outermost packages know ImageJ. */
@AnalyzeClasses(packages = "org.deqir", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule onlyCommandsKnowImageJ =
            noClasses()
                    .that()
                    .resideOutsideOfPackages("org.deqir.command..", "org.deqir.imagej1..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("ij..", "org.scijava..", "net.imagej..", "java.awt..");

    @ArchTest
    static final ArchRule commandsDoNotTouchTensors =
            noClasses()
                    .that()
                    .resideInAnyPackage(
                            "org.deqir.command..", "org.deqir.imagej1..", "org.deqir.metrics..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("ai.djl..");

    @ArchTest
    static final ArchRule imagesKnowNothingAboveThem =
            nothingIn("image").knows("physics", "diffusion", "equilibrium", "network", "model");

    @ArchTest
    static final ArchRule physicsKnowsOnlyImages =
            nothingIn("physics").knows("diffusion", "equilibrium", "network", "model", "metrics");

    @ArchTest
    static final ArchRule diffusionKnowsOnlyImages =
            nothingIn("diffusion").knows("physics", "equilibrium", "network", "model", "metrics");

    @ArchTest
    static final ArchRule theEquilibriumKnowsNoNetwork =
            nothingIn("equilibrium").knows("network", "model", "metrics");

    @ArchTest
    static final ArchRule networksKnowOnlyTheInterfaceTheyImplement =
            nothingIn("network").knows("physics", "equilibrium", "model", "metrics");

    @ArchTest
    static final ArchRule trainingKnowsNoRestoration =
            nothingIn("training").knows("physics", "equilibrium", "metrics");

    @ArchTest
    static final ArchRule nobodyBelowTheCommandsTrains =
            noClasses()
                    .that()
                    .resideOutsideOfPackages("org.deqir.command..", "org.deqir.training..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("org.deqir.training..");

    @ArchTest
    static final ArchRule nobodyCallsTheCommands =
            noClasses()
                    .that()
                    .resideOutsideOfPackages("org.deqir.command..", "org.deqir.imagej1..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("org.deqir.command..", "org.deqir.imagej1..");

    @ArchTest
    static final ArchRule thereAreNoCycles =
            slices().matching("org.deqir.(*)..").should().beFreeOfCycles();

    private record Package(String name) {

        ArchRule knows(String... others) {
            final String[] packages = new String[others.length];
            for (int i = 0; i < others.length; i++) packages[i] = "org.deqir." + others[i] + "..";
            return noClasses()
                    .that()
                    .resideInAPackage("org.deqir." + name + "..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage(packages)
                    .allowEmptyShould(true);
        }
    }

    private static Package nothingIn(String name) {
        return new Package(name);
    }
}
