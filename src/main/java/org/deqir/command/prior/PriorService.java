/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.prior;

import java.nio.file.Path;
import java.util.List;
import org.deqir.diffusion.DiffusionPrior;
import org.deqir.model.store.InstalledModel;
import org.deqir.progress.Progress;
import org.scijava.service.SciJavaService;

/**
 * The installed priors, loaded when they are first needed and kept until SciJava ends or their
 * model is removed.
 *
 * <p>The service owns the priors it gives out: nobody else closes them.
 */
public interface PriorService extends SciJavaService {

    /** Stands for the first installed prior that fits the image. */
    String AUTO = "auto";

    /**
     * Makes PyTorch ready to start: at the first use on a computer its libraries are unpacked,
     * which takes some seconds.
     *
     * @param progress told how much is unpacked; not called if all is there
     * @throws IllegalArgumentException if there is no PyTorch for this computer or it cannot be
     *     unpacked, with a sentence for the user
     * @throws java.util.concurrent.CancellationException if the user cancelled
     */
    void prepare(Progress progress);

    /** {@return {@link #AUTO} and the names of all installed priors that can be used} */
    List<String> choices();

    /** {@return the folder in which models are installed, each in a subfolder of its name} */
    Path modelFolder();

    /**
     * {@return an installed model, not loaded}
     *
     * @param name one of {@link #choices()}
     * @param channels channels of the images that it may be for, the preferred number first
     * @throws IllegalArgumentException if there is no such model or it does not fit, with a
     *     sentence for the user
     */
    InstalledModel model(String name, List<Integer> channels);

    /**
     * Begins to use a prior.
     *
     * @param name one of {@link #choices()}
     * @param channels channels of the images that the prior may know, the preferred number first
     * @param precision {@code auto}, {@code float32} or {@code bfloat16}
     * @param device {@code auto}, {@code cpu}, {@code gpu}, {@code cuda} or {@code mps}
     * @return the prior, in memory until the caller closes its use
     * @throws IllegalArgumentException if there is no such prior, it does not fit or cannot be
     *     loaded, with a sentence for the user
     */
    PriorUse use(String name, List<Integer> channels, String precision, String device);

    /**
     * Frees the memory of priors whose models were removed, renamed or replaced; of one that is
     * being used, when its use ends.
     */
    default void releaseRemoved() {}

    /**
     * {@return the number format that a choice comes to on a device, for a result's provenance:
     * what {@code auto} takes is measured, and computers differ}
     */
    default String precision(String choice, String device) {
        return choice;
    }

    /**
     * {@return seconds that the prior's network takes for one image of a given size, measured once
     * on a small one}
     */
    double secondsPerEvaluation(DiffusionPrior prior, int width, int height);
}
