/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ij.IJ;
import ij.ImagePlus;
import java.awt.event.KeyEvent;
import java.util.Map;
import org.deqir.command.base.DeqirCommand;
import org.deqir.command.ui.CommandProgress;
import org.deqir.testing.MacroRunner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.scijava.Context;
import org.scijava.app.StatusService;
import org.scijava.app.event.StatusEvent;
import org.scijava.command.CommandService;
import org.scijava.event.EventHandler;
import org.scijava.event.EventService;
import org.scijava.module.Module;
import org.scijava.task.Task;
import org.scijava.task.TaskService;
import org.scijava.task.event.TaskEvent;

/** A cancelled run stops within one network call and leaves nothing behind. */
@Tag("slow")
class CancelTest {

    @AfterEach
    void release() {
        SmootherService.onCall(() -> {});
        IJ.resetEscape();
    }

    @Test
    void escStopsAStackAndTheMacro() {
        final ImagePlus image = Images.hyperstack(8, 1, 4, 1);
        final float[][] before = image.getStack().getProcessor(1).getFloatArray();
        final int start = SmootherService.calls();
        SmootherService.onCall(
                () -> {
                    if (SmootherService.calls() == start + 6) IJ.setKeyDown(KeyEvent.VK_ESCAPE);
                });
        final MacroRunner.Result result =
                MacroRunner.run(
                        image,
                        "run('DeqIR Deblur...', 'width=1 noise=gaussian sigma=9 steps=4"
                                + " model=smoother'); print('went on');");
        assertTrue(SmootherService.calls() <= start + 7, "stops within one call");
        assertFalse(result.log().contains("went on"), "the macro stops");
        assertEquals(java.util.List.of("cells.tif"), result.titles());
        assertArrayEquals(before, image.getStack().getProcessor(1).getFloatArray());
    }

    @Test
    void theTaskRingStopsARunWithoutAWord() throws Exception {
        try (Context context = new Context()) {
            final Canceler canceler = new Canceler();
            context.service(EventService.class).subscribe(canceler);
            final int start = SmootherService.calls();
            SmootherService.onCall(
                    () -> {
                        if (SmootherService.calls() == start + 2) canceler.task.cancel("enough");
                    });
            final Module module =
                    context.service(CommandService.class)
                            .run(
                                    DeblurCommand.class,
                                    true,
                                    Map.of(
                                            "image",
                                            Images.hyperstack(8, 1, 3, 1),
                                            "width",
                                            1,
                                            "noise",
                                            "gaussian",
                                            "sigma",
                                            9,
                                            "steps",
                                            4,
                                            "model",
                                            "smoother"))
                            .get();
            assertNull(module.getOutput("result"));
            final DeqirCommand command = (DeqirCommand) module.getDelegateObject();
            assertTrue(command.isCanceled());
            assertEquals("", command.getCancelReason());
            assertTrue(SmootherService.calls() <= start + 3);
            assertTrue(canceler.task.isDone(), "the task is finished");
        }
    }

    /** Remembers the task of the command that runs. */
    private static final class Canceler {

        private volatile Task task;
        private volatile double bar;

        @EventHandler
        void onEvent(TaskEvent event) {
            task = event.getTask();
        }

        @EventHandler
        void onEvent(StatusEvent event) {
            if (event.getProgressMaximum() > 0)
                bar = (double) event.getProgressValue() / event.getProgressMaximum();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "0.01; 10; ''",
                "0.5; 0.4; ''",
                "0.5; 30; ' (about 30 s left)'",
                "0.25; 100; ' (about 5 min left)'",
                "0.1; 1000; ' (about 3 h left)'",
                "1; 50; ''"
            })
    void theRemainingTimeIsToldInWords(double done, double seconds, String expected) {
        assertEquals(expected, CommandProgress.remaining(done, seconds));
    }

    @Test
    void progressReachesTheTaskAndEndsWithIt() throws Exception {
        try (Context context = new Context(StatusService.class, TaskService.class)) {
            final Canceler observer = new Canceler();
            context.service(EventService.class).subscribe(observer);
            final CommandProgress progress =
                    new CommandProgress(
                            "DeqIR Denoise",
                            context.service(StatusService.class),
                            context.service(TaskService.class),
                            () -> false);
            progress.update("Slice 1 of 3: Restoring", 0.25);
            assertEquals("DeqIR Denoise", observer.task.getName());
            assertEquals(250, observer.task.getProgressValue());
            assertEquals(1000, observer.task.getProgressMaximum());
            assertEquals("Slice 1 of 3: Restoring", observer.task.getStatusMessage());
            assertFalse(observer.task.isDone());
            progress.close();
            assertTrue(observer.task.isDone());
            // SciJava tells it later, on a thread of its own.
            for (int wait = 0; observer.bar < 1 && wait < 100; wait++) Thread.sleep(100);
            assertTrue(observer.bar >= 1, "the bar of the status bar ends, not at " + observer.bar);
        }
    }
}
