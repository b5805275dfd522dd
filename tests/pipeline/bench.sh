# SPDX-License-Identifier: MIT
# usage: sh bench.sh PROGRAM
# bench on small tables: that it answers, and what it refuses. No time is judged.
. "$(dirname "$0")/check.sh"

# doubles in octal, little-endian: 1 2 3 4 and 0.5
one='\000\000\000\000\000\000\360\077' two='\000\000\000\000\000\000\000\100'
three='\000\000\000\000\000\000\010\100' four='\000\000\000\000\000\000\020\100'
printf "$one$three$four$two" >"$scratch/P.bin" # rows (1, 3), (4, 2)
printf "$two$three" >"$scratch/y.bin"          # (2, 3): half and half is exact
printf "$one$two$three" >"$scratch/long.bin"
printf 'abc' >"$scratch/odd.bin"
printf '\000\000\000\000\000\000\370\177'"$one" >"$scratch/nan.bin"
: >"$scratch/empty.bin"
weigh="bench weighting --data $scratch/P.bin --target $scratch/y.bin --models 2"

answers '"form": "mean"' $weigh --json
for key in evaluations wall_s cpu_s mae_before_polish mae gap weights; do
    grep -q "\"$key\": " "$scratch/stdout" || fail "no key $key"
done
answers '    0.5,' $weigh --form sum --json
answers '"mse_before_polish"' $weigh --loss squared --json
answers '"form": "sum"' $weigh --paper --json
answers '"evaluations": 300' $weigh --paper --evaluations 100 --restarts 3 --json
answers 'no weights are better' $weigh

refuses "--data" bench weighting --target "$scratch/y.bin" --models 2
refuses "--models K" bench weighting --data "$scratch/P.bin" --target "$scratch/y.bin"
refuses "4 numbers, which is not 3 rows" \
    bench weighting --data "$scratch/P.bin" --target "$scratch/long.bin" --models 2
refuses "of 3 models" bench weighting --data "$scratch/P.bin" --target "$scratch/y.bin" --models 3
refuses "3 bytes" bench weighting --data "$scratch/odd.bin" --target "$scratch/y.bin" --models 2
refuses "0 bytes" bench weighting --data "$scratch/P.bin" --target "$scratch/empty.bin" --models 2
refuses "not a file" bench weighting --data "$scratch" --target "$scratch/y.bin" --models 2
refuses "none.bin: opening failed" \
    bench weighting --data "$scratch/none.bin" --target "$scratch/y.bin" --models 2
refuses "the target of row 0 is nan" \
    bench weighting --data "$scratch/P.bin" --target "$scratch/nan.bin" --models 2
refuses "mean or sum, not \"max\"" $weigh --form max
refuses "mae or squared, not \"mape\"" $weigh --loss mape
refuses "gp, predict, graph, tune and weighting" bench wait

finish
