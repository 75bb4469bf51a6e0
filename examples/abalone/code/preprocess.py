"""Processing step: raw Abalone measurements -> train, validation and test tables, label first, without header.

Reads   /opt/ml/processing/input/abalone.csv
Writes  /opt/ml/processing/{train,validation,test}/*.csv   rings, then features
        /opt/ml/processing/features/test.csv               the test features alone, for batch transform
"""

import argparse
from pathlib import Path

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import OneHotEncoder, StandardScaler

BASE = Path("/opt/ml/processing")
MEASURES = ["length", "diameter", "height", "whole_weight", "shucked_weight", "viscera_weight", "shell_weight"]
COLUMNS = ["sex", *MEASURES, "rings"]


def encoded(frame):
    """Rings first, then one column per sex and the standardized measurements."""
    encoder = ColumnTransformer([("sex", OneHotEncoder(), ["sex"]), ("measures", StandardScaler(), MEASURES)])
    features = pd.DataFrame(encoder.fit_transform(frame.drop(columns="rings")))
    return pd.concat([frame["rings"].reset_index(drop=True), features], axis=1)


def write(frame, name, file):
    folder = BASE / name
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / file, header=False, index=False)
    print(f"{name}: {len(frame)} lines, {frame.shape[1]} columns")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=2024)
    args = parser.parse_args()
    table = encoded(pd.read_csv(BASE / "input" / "abalone.csv", header=None, names=COLUMNS))
    train, rest = train_test_split(table, test_size=0.3, random_state=args.seed)
    validation, test = train_test_split(rest, test_size=0.5, random_state=args.seed)
    write(train, "train", "train.csv")
    write(validation, "validation", "validation.csv")
    write(test, "test", "test.csv")
    write(test.drop(columns="rings"), "features", "test.csv")


if __name__ == "__main__":
    main()
