/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command;

import java.util.List;
import org.deqir.diffusion.DiffusionPrior;
import org.scijava.service.SciJavaService;

/**
 * The installed priors, loaded when they are first needed and kept until SciJava ends.
 *
 * <p>The service owns the priors it gives out: nobody else closes them.
 */
public interface PriorService extends SciJavaService {

    /** Stands for the first installed prior that fits the image. */
    String AUTO = "auto";

    /** {@link #AUTO} and the names of all installed priors that can be used. */
    List<String> choices();

    /**
     * A prior.
     *
     * @param name one of {@link #choices()}
     * @param channels channels of the images that the prior may know, the preferred number first
     * @param precision {@code auto}, {@code float32} or {@code bfloat16}
     * @param device {@code auto}, {@code cpu} or {@code gpu}
     * @throws IllegalArgumentException if there is no such prior, it does not fit or cannot be
     *     loaded, with a sentence for the user
     */
    DiffusionPrior prior(String name, List<Integer> channels, String precision, String device);

    /**
     * Seconds that the prior's network takes for one image of a given size, measured once on a
     * small one.
     */
    double secondsPerEvaluation(DiffusionPrior prior, int width, int height);
}
