/**
 * The benchmark: real measurements restored by the commands, headless, and compared with the truth.
 * Runs with {@code mvn -Pquality verify} where the data are there.
 */
package org.deqir.quality;
