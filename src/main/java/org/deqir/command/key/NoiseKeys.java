/*
 * DeqIR for Fiji: image restoration with a diffusion prior as a deep equilibrium.
 * Copyright (c) 2026 DeqIR for Fiji developers.
 * SPDX-License-Identifier: BSD-2-Clause
 */
package org.deqir.command.key;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.deqir.physics.noise.NoiseModel;

/**
 * The keys {@code noise}, {@code sigma}, {@code gain}, {@code offset} and {@code readout}; all in
 * the image's own grey levels.
 */
public record NoiseKeys(String noise, double sigma, double gain, double offset, double readout) {

    /**
     * @param noise kind of noise, one of the choices
     * @param sigma gaussian: standard deviation
     * @param gain poisson-gaussian: grey levels per detected photon
     * @param offset poisson-gaussian: grey level without light
     * @param readout poisson-gaussian: standard deviation of the camera's noise
     * @throws IllegalArgumentException if a key that the kind of noise needs is missing
     */
    public NoiseKeys {
        if (noise.equals("gaussian") && !(sigma > 0))
            throw new IllegalArgumentException(
                    "sigma is missing: gaussian noise needs its standard deviation in grey levels,"
                            + " above 0.");
        if (noise.equals("poisson-gaussian") && !(gain > 0))
            throw new IllegalArgumentException(
                    "gain is missing: poisson-gaussian noise needs the camera's grey levels per"
                            + " photon, above 0.");
    }

    /** {@return whether the noise is to be estimated from the image} */
    public boolean isAuto() {
        return noise.equals("auto");
    }

    /** {@return whether the user states that there is no noise} */
    public boolean isNone() {
        return noise.equals("none");
    }

    /** {@return the stated noise} There is none to state where {@link #isAuto()}. */
    public NoiseModel model() {
        return switch (noise) {
            case "none" -> new NoiseModel.None();
            case "gaussian" -> new NoiseModel.Gaussian(sigma);
            case "poisson-gaussian" -> new NoiseModel.PoissonGaussian(gain, offset, readout);
            default -> throw new IllegalStateException("noise = " + noise + " has no model");
        };
    }

    /** {@return the keys that count, as they are stored in an image} */
    public Map<String, Object> stored() {
        final Map<String, Object> keys = new LinkedHashMap<>();
        keys.put("noise", noise);
        keys.put("sigma", sigma);
        keys.put("gain", gain);
        keys.put("offset", offset);
        keys.put("readout", readout);
        keys.keySet().removeAll(idle(noise));
        return keys;
    }

    /** {@return keys that do not count with a kind of noise} */
    public static Set<String> idle(String noise) {
        return switch (noise) {
            case "gaussian" -> Set.of("gain", "offset", "readout");
            case "poisson-gaussian" -> Set.of("sigma");
            default -> Set.of("sigma", "gain", "offset", "readout");
        };
    }
}
