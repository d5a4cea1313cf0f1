/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ij.ImagePlus;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.deqir.command.base.DeqirCommand;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.scijava.Context;
import org.scijava.command.CommandService;
import org.scijava.module.Module;

/** The commands as Groovy and Jython scripts call them: through SciJava, without a macro. */
@Tag("slow")
class ScriptUseTest {

    private static final Context CONTEXT = new Context();

    @AfterAll
    static void dispose() {
        CONTEXT.dispose();
    }

    private static Module run(Class<? extends DeqirCommand> command, Map<String, Object> keys)
            throws Exception {
        return CONTEXT.service(CommandService.class).run(command, true, keys).get();
    }

    @Test
    void theResultIsAnOutputAndIsNotShown() throws Exception {
        final ImagePlus image = Images.hyperstack(16, 1, 2, 1);
        final Module module =
                run(
                        SuperResolutionCommand.class,
                        Map.of(
                                "image",
                                image,
                                "scale",
                                2,
                                "noise",
                                "gaussian",
                                "sigma",
                                20,
                                "steps",
                                2,
                                "model",
                                "smoother",
                                "slices",
                                "2"));
        final ImagePlus result = (ImagePlus) module.getOutput("result");
        assertEquals("cells-x2", result.getTitle());
        assertEquals(2 * Images.WIDTH, result.getWidth());
        assertEquals(1, result.getStackSize());
        assertFalse(result.isVisible());
        assertNull(module.getOutput("uncertainty"));
    }

    @Test
    void valuesOfAnEarlierRunAreNotUsed() throws Exception {
        final ImagePlus image = Images.hyperstack(16, 1, 1, 1);
        run(
                SuperResolutionCommand.class,
                Map.of(
                        "image",
                        image,
                        "scale",
                        4,
                        "noise",
                        "gaussian",
                        "sigma",
                        20,
                        "steps",
                        2,
                        "model",
                        "smoother"));
        final Module module =
                run(
                        SuperResolutionCommand.class,
                        Map.of(
                                "image",
                                image,
                                "noise",
                                "gaussian",
                                "sigma",
                                20,
                                "steps",
                                2,
                                "model",
                                "smoother"));
        assertEquals(2 * Images.WIDTH, ((ImagePlus) module.getOutput("result")).getWidth());
    }

    @Test
    void whatIsStoredInTheImageIsTakenUnlessGiven() throws Exception {
        final ImagePlus truth = Images.hyperstack(8, 1, 1, 1);
        final ImagePlus degraded =
                (ImagePlus)
                        run(
                                        DegradeCommand.class,
                                        Map.of("image", truth, "noise", "gaussian", "sigma", 17))
                                .getOutput("result");
        final Module stored =
                run(DenoiseCommand.class, Map.of("image", degraded, "model", "smoother"));
        assertEquals(17.0, stored.getInput("sigma"));
        assertEquals("gaussian", stored.getInput("noise"));
        final Module given =
                run(
                        DenoiseCommand.class,
                        Map.of("image", degraded, "model", "smoother", "sigma", 5));
        assertEquals(5.0, given.getInput("sigma"));
    }

    @Test
    void aBadInputThrowsOneSentence() {
        final var e =
                assertThrows(
                        ExecutionException.class,
                        () ->
                                run(
                                        DenoiseCommand.class,
                                        Map.of(
                                                "image",
                                                Images.hyperstack(8, 1, 1, 1),
                                                "noise",
                                                "gaussian",
                                                "sigma",
                                                -1)));
        Throwable cause = e;
        while (cause.getCause() != null) cause = cause.getCause();
        assertEquals("sigma = -1.0 is too small: at least 0.0 is accepted.", cause.getMessage());
    }
}
