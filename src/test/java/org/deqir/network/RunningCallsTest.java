/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.model.store.ModelStore;
import org.deqir.network.layout.Precision;
import org.deqir.testing.JavaProcess;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A Java that ends while networks compute ends as it was told to. */
class RunningCallsTest {

    private static final int STATUS = 7;

    /** Ends in the middle of one of many calls. */
    static final class Quitter {

        private Quitter() {}

        public static void main(String[] arguments) throws Exception {
            final DiffusionPrior prior =
                    new ModelStore(List.of()).find("microscopy-gray").load(Precision.FLOAT32);
            final CountDownLatch running = new CountDownLatch(2);
            final Thread thread =
                    new Thread(
                            () -> {
                                try (NDManager manager = TorchEngine.newManager();
                                        NDArray x = manager.zeros(new Shape(1, 1, 256, 256))) {
                                    while (true) {
                                        running.countDown();
                                        prior.predictor().predict(x, new double[] {100}).close();
                                    }
                                }
                            });
            thread.setDaemon(true);
            thread.start();
            running.await();
            Thread.sleep(20);
            System.exit(STATUS);
        }
    }

    @Test
    void javaEndsAfterTheCallThatRuns(@TempDir Path folder) throws Exception {
        final Process quitter =
                JavaProcess.of(List.of(), Quitter.class)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("log").toFile())
                        .start();
        assertTrue(quitter.waitFor(180, TimeUnit.SECONDS), "it ends");
        assertEquals(STATUS, quitter.exitValue(), Files.readString(folder.resolve("log")));
        final File[] reports = folder.toFile().listFiles((f, name) -> name.startsWith("hs_err"));
        assertEquals(0, reports.length);
    }
}
