/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.InstanceofCheck;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.deqir.physics.Degradation;
import org.deqir.physics.noise.NoiseModel;

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
    static final ArchRule filesOfImagesKnowNoRestoration =
            nothingIn("blocks.zarr")
                    .knows("physics", "diffusion", "equilibrium", "network", "model", "image");

    @ArchTest
    static final ArchRule blocksKnowNoImageJAndNoSpark =
            noClasses()
                    .that()
                    .resideInAPackage("org.deqir.blocks..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAnyPackage("ij..", "org.scijava..", "org.apache.spark..");

    @ArchTest
    static final ArchRule onlyCommandsUseBlocks =
            noClasses()
                    .that()
                    .resideOutsideOfPackages("org.deqir.command..", "org.deqir.blocks..")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("org.deqir.blocks..");

    @ArchTest
    static final ArchRule imagesKnowNothingAboveThem =
            nothingIn("image").knows("physics", "diffusion", "equilibrium", "network", "model");

    @ArchTest
    static final ArchRule physicsKnowsOnlyImages =
            nothingIn("physics").knows("diffusion", "equilibrium", "network", "model", "metrics");

    @ArchTest
    static final ArchRule contractsOfPhysicsKnowNoKinds =
            noClasses()
                    .that()
                    .resideInAPackage("org.deqir.physics")
                    .should()
                    .dependOnClassesThat()
                    .resideInAPackage("org.deqir.physics.degradation..");

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

    /** ui ← image ← key ← group ← prior ← task ← base ← command ← dialog. */
    @ArchTest
    static final ArchRule roomsOfTheCommandsLieInOneLine =
            layeredArchitecture()
                    .consideringOnlyDependenciesInLayers()
                    .layer("ui")
                    .definedBy("org.deqir.command.ui")
                    .layer("image")
                    .definedBy("org.deqir.command.image")
                    .layer("key")
                    .definedBy("org.deqir.command.key")
                    .layer("group")
                    .definedBy("org.deqir.command.group")
                    .layer("prior")
                    .definedBy("org.deqir.command.prior")
                    .layer("task")
                    .definedBy("org.deqir.command.task")
                    .layer("base")
                    .definedBy("org.deqir.command.base")
                    .layer("command")
                    .definedBy("org.deqir.command")
                    .layer("dialog")
                    .definedBy("org.deqir.command.dialog")
                    .layer("batch")
                    .definedBy("org.deqir.command.batch")
                    .whereLayer("dialog")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("batch")
                    .mayNotBeAccessedByAnyLayer()
                    .whereLayer("command")
                    .mayOnlyBeAccessedByLayers("dialog", "batch")
                    .whereLayer("base")
                    .mayOnlyBeAccessedByLayers("command", "dialog", "batch")
                    .whereLayer("task")
                    .mayOnlyBeAccessedByLayers("command", "dialog", "base")
                    .whereLayer("prior")
                    .mayOnlyBeAccessedByLayers("command", "dialog", "batch", "base", "task")
                    .whereLayer("group")
                    .mayOnlyBeAccessedByLayers("command", "dialog", "base", "task", "prior")
                    .whereLayer("key")
                    .mayOnlyBeAccessedByLayers(
                            "command", "dialog", "base", "task", "prior", "group")
                    .whereLayer("image")
                    .mayOnlyBeAccessedByLayers(
                            "command", "dialog", "base", "task", "prior", "group", "key");

    /** The root's records are known below; what runs a restoration is not. */
    @ArchTest
    static final ArchRule nobodyBelowTheInterfaceRunsIt =
            noClasses()
                    .that()
                    .resideInAnyPackage(
                            "org.deqir.restoration..",
                            "org.deqir.denoising..",
                            "org.deqir.equilibrium..",
                            "org.deqir.physics..")
                    .should()
                    .dependOnClassesThat()
                    .haveFullyQualifiedName("org.deqir.Restorer")
                    .orShould()
                    .dependOnClassesThat()
                    .haveFullyQualifiedName("org.deqir.RestoredImage")
                    .orShould()
                    .dependOnClassesThat()
                    .haveFullyQualifiedName("org.deqir.Simulation");

    @ArchTest
    static final ArchRule solvingKnowsNoDenoising =
            nothingIn("restoration").knows("denoising", "volume");

    @ArchTest
    static final ArchRule volumesKnowNoDenoising = nothingIn("volume").knows("denoising", "model");

    /** A degradation and a noise model answer for themselves. */
    @ArchTest
    static final ArchRule nobodyAsksWhichKindOfDegradationOrNoiseThereIs =
            noClasses()
                    .that()
                    .resideOutsideOfPackages(
                            "org.deqir.physics.degradation", "org.deqir.physics.noise")
                    .should(askWhetherSomethingIsA(Degradation.class, NoiseModel.class));

    private static ArchCondition<JavaClass> askWhetherSomethingIsA(Class<?>... types) {
        return new ArchCondition<>("ask with instanceof for a kind of what has kinds") {
            @Override
            public void check(JavaClass asking, ConditionEvents events) {
                for (final InstanceofCheck check : asking.getInstanceofChecks())
                    for (final Class<?> type : types)
                        if (check.getRawType().isAssignableTo(type))
                            events.add(
                                    SimpleConditionEvent.satisfied(
                                            asking,
                                            check.getOwner().getFullName()
                                                    + " asks in line "
                                                    + check.getLineNumber()
                                                    + " for "
                                                    + check.getRawType().getSimpleName()));
            }
        };
    }

    @ArchTest
    static final ArchRule averagingPlanesKnowsNoRestoration =
            nothingIn("neighbours")
                    .knows("diffusion", "equilibrium", "network", "model", "restoration");

    @ArchTest
    static final ArchRule denoisingKnowsNoNeighbours = nothingIn("denoising").knows("neighbours");

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
