/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.deqir.training.Training.Stopped;

/** A training that was stopped and kept, to be resumed or installed. */
public final class KeptTraining {

    private KeptTraining() {}

    /**
     * Checks that a stopped training is there exactly if it is to be resumed.
     *
     * @param resume value of the key: {@code no}, {@code continue} or {@code install}
     * @throws IllegalArgumentException if there is one that nobody asked for, or none to resume
     * @throws IOException if the file cannot be read
     */
    public static void requireState(Path kept, String name, String resume) throws IOException {
        final boolean there = Files.exists(kept);
        if (resume.equals("no") && there)
            throw new IllegalArgumentException(
                    String.format(
                            "name = '%s': a training of this name was stopped after %s steps; give"
                                    + " resume=continue or resume=install, or delete the folder"
                                    + " %s.",
                            name, Stopped.at(kept).step(), kept.getParent()));
        if (!resume.equals("no") && !there)
            throw new IllegalArgumentException(
                    "resume = '%s': there is no stopped training of the name %s (%s)."
                            .formatted(resume, name, kept.getParent()));
    }
}
