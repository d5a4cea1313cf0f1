/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.network.layout;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Map.Entry;
import java.util.stream.Collectors;

/** Recognises networks of other layouts by the names of their tensors, for a helpful message. */
final class ForeignNetwork {

    private static final int NAMED = 3;
    private static final int LONGEST = 80;

    /** Part of the name of a tensor, and what has such tensors; the first that fits. */
    private static final Map<String, String> SIGNS = new LinkedHashMap<>();

    static {
        final String latent =
                "a latent diffusion network such as Stable Diffusion, which works on codes of images"
                        + " and is told what to show";
        SIGNS.put("lora_", "changes to another network (LoRA)");
        SIGNS.put("first_stage_model.", latent);
        SIGNS.put("cond_stage_model.", latent);
        SIGNS.put(".transformer_blocks.", latent);
        SIGNS.put("time_embedding.linear_1.", "a network of the library diffusers");
        SIGNS.put("mid_block1.", "a network of denoising-diffusion-pytorch or a relative");
    }

    private ForeignNetwork() {}

    /** The refusal of tensors among which there is no network that could be used. */
    static IllegalArgumentException refusal(Collection<String> tensors) {
        return new IllegalArgumentException(
                "The checkpoint holds no network of a known layout but "
                        + what(tensors)
                        + "; accepted: unconditional networks of the layouts of guided-diffusion,"
                        + " improved-diffusion and SDEdit.");
    }

    /** Whether the names are those of a known kind of other network. */
    static boolean isIn(Collection<String> tensors) {
        return SIGNS.keySet().stream().anyMatch(sign -> has(tensors, sign));
    }

    private static boolean has(Collection<String> tensors, String sign) {
        return tensors.stream().anyMatch(name -> name.contains(sign));
    }

    /** A name on one line and not too long, whoever made it. */
    private static String shown(String name) {
        return name.substring(0, Math.min(name.length(), LONGEST)).replaceAll("\\p{Cntrl}", "?");
    }

    private static String what(Collection<String> tensors) {
        for (Entry<String, String> sign : SIGNS.entrySet())
            if (has(tensors, sign.getKey())) return sign.getValue();
        return tensors.size()
                + " tensors named "
                + tensors.stream()
                        .limit(NAMED)
                        .map(ForeignNetwork::shown)
                        .collect(Collectors.joining(", "))
                + (tensors.size() > NAMED ? " and so on" : "");
    }
}
